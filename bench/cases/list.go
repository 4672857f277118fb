package cases

// over is the goal "at least ratio times as fast as the best of these peers".
func over(ratio float64, peers ...string) Goal { return Goal{Over: peers, Ratio: ratio} }

// atMost is the goal "at most limit, in the case's unit".
func atMost(limit float64) Goal { return Goal{Over: []string{Bar}, Ratio: 1, Bar: limit} }

// within is the goal "at most factor times the time of the best of these peers".
func within(factor float64, peers ...string) Goal { return over(1/factor, peers...) }

// All lists every case in the order in which they run.
var All = []Case{
	// Machinery: what a task costs.
	{
		Name: "fan", Family: "machinery", Unit: "us/task", Peers: []string{"dask"}, Goal: atMost(2), Tolerance: 1e-9,
		About: "100,000 independent inc(i) and one sum over them, from building to result (peers: 5,000)",
	},
	{
		Name: "fan_run", Family: "machinery", Unit: "us/task", Peers: []string{"dask"}, Goal: atMost(1), Tolerance: 1e-9,
		About: "the same, only the running of a graph that is built",
	},
	{
		Name: "chain", Family: "machinery", Unit: "us/task", Peers: []string{"dask"}, Goal: atMost(2), Tolerance: 1e-9,
		About: "100,000 inc one after the other, from building to result (peers: 5,000)",
	},
	{
		Name: "build", Family: "machinery", Unit: "s", Peers: []string{"dask"}, Goal: atMost(0.05), Tolerance: 1e-9,
		About: "the graph of (x + x.T).sum() for ones of 100000 x 100000 in chunks of 100 x 100: 4.3 million tasks",
	},
	{
		Name: "build_mb", Family: "machinery", Unit: "MB", Peers: []string{"dask"}, Goal: atMost(20), Tolerance: 1e-9, Once: true,
		About: "what building that graph allocates",
	},
	{
		Name: "roundtrip", Family: "machinery", Unit: "us", Peers: []string{"dask", "dask-processes"}, Goal: atMost(20), Tolerance: 1e-9,
		About: "submit(inc, i).result(), one after the other, in process",
	},
	{
		Name: "map_gather", Family: "machinery", Unit: "us/task", Peers: []string{"dask"}, Goal: atMost(2), Tolerance: 1e-9,
		About: "client.map(inc, range(N)) and gather, in process",
	},

	// Arrays: 10000 x 10000 float64 in chunks of 1000 x 1000, the same random numbers as Dask's.
	{
		Name: "seed_sum", Family: "arrays", Unit: "s", Peers: []string{"dask", "numpy"}, Goal: over(2.5, "dask"), Tolerance: 1e-9,
		InLaw: map[string]float64{"numpy": 4e-4},
		About: "x = uniform; (x + x.T - x.mean(0)).sum()",
	},
	{
		Name: "seed_whole", Family: "arrays", Unit: "s", Peers: []string{"dask"}, Goal: over(3, "dask"), Tolerance: 1e-9,
		About: "x = uniform; all 800 MB of x + x.T - x.mean(0)",
	},
	{
		Name: "seed_persisted", Family: "arrays", Unit: "s", Peers: []string{"dask", "numpy", "numexpr", "jax"},
		Goal: over(2, "dask", "numpy", "numexpr"), Tolerance: 1e-9,
		About: "(x + x.T - x.mean(0)).sum() on a persisted x",
	},
	{
		Name: "uniform_sum", Family: "arrays", Unit: "s", Peers: []string{"dask", "numpy"}, Goal: over(2, "dask"), Tolerance: 1e-9,
		InLaw: map[string]float64{"numpy": 4e-4},
		About: "uniform(0, 1).sum() of 1e8",
	},
	{
		Name: "normal_sum", Family: "arrays", Unit: "s", Peers: []string{"dask", "numpy"}, Goal: over(2, "dask"), Tolerance: 1e-9,
		InLaw: map[string]float64{"numpy": 1e-3},
		About: "normal(1, 1).sum() of 1e8",
	},
	{
		Name: "persisted_sum", Family: "arrays", Unit: "s", Peers: []string{"dask", "numpy", "numexpr", "jax"}, Goal: within(1.1, "jax"), Tolerance: 1e-9,
		About: "x.sum(), x persisted, 800 MB: memory bandwidth",
	},
	{
		Name: "std_axis0", Family: "arrays", Unit: "s", Peers: []string{"dask", "numpy", "jax"}, Goal: over(2.5, "dask"), Tolerance: 1e-9,
		About: "x.std(axis=0), x persisted",
	},
	{
		Name: "transcend", Family: "arrays", Unit: "s", Peers: []string{"dask", "numpy", "numexpr", "jax", "numba"},
		Goal: over(1.6, "dask", "numpy", "numexpr", "jax", "numba"), Tolerance: 1e-9,
		About: "(exp(-x) * sin(x) + sqrt(x)).sum(), x persisted",
	},
	{
		Name: "rechunk_sum", Family: "arrays", Unit: "s", Peers: []string{"dask"}, Goal: over(1.5, "dask"), Tolerance: 1e-9,
		About: "x.rechunk((10000, 100)).sum(0), x persisted",
	},
	{
		Name: "matmul", Family: "arrays", Unit: "s", Peers: []string{"dask", "numpy"}, Goal: within(1.1, "numpy"), Tolerance: 1e-9,
		About: "a @ a of 4000 x 4000 in chunks of 1000 x 1000",
	},

	// Data frames.
	{
		Name: "csv_seed", Family: "frames", Unit: "s", Data: "seedcsv", Peers: []string{"polars", "duckdb", "dask", "pandas"},
		Goal: within(1.4, "polars"), Tolerance: 1e-9,
		About: "24 CSV files of 1.1 GB in all: groupby name, mean of balance",
	},
	{
		Name: "q1_like", Family: "frames", Unit: "s", Data: "tpch", Peers: []string{"duckdb", "polars", "dask"},
		Goal: within(1.4, "duckdb"), Tolerance: 1e-9,
		About: "TPC-H query 1 over Parquet, scale factor 1",
	},
	{
		Name: "join", Family: "frames", Unit: "s", Data: "tpch", Peers: []string{"duckdb", "polars", "pandas", "dask"},
		Goal: within(1.4, "duckdb"), Tolerance: 1e-9,
		About: "lineitem joined with orders, sum of prices by priority",
	},

	// Bags.
	{
		Name: "json_seed", Family: "bags", Unit: "s", Data: "seedjson", Peers: []string{"duckdb", "polars", "dask"},
		Goal: within(2, "duckdb"), Tolerance: 1e-9,
		About: "10 JSON-lines files of 460 MB in all: decode, keep Alice, sum of balances",
	},

	// Two single-threaded worker processes on this machine; Dask distributed and Ray have two as well.
	{
		Name: "cluster_fan", Family: "cluster", Unit: "us/task", Peers: []string{"dask", "ray"}, Goal: atMost(10), Tolerance: 1e-9,
		About: "100,000 independent inc(i) and one sum over them, on worker processes (peers: 5,000)",
	},
	{
		Name: "cluster_chain", Family: "cluster", Unit: "us/task", Peers: []string{"dask", "ray"}, Goal: atMost(10), Tolerance: 1e-9,
		About: "100,000 inc one after the other (peers: 5,000)",
	},
	{
		Name: "cluster_map_gather", Family: "cluster", Unit: "us/task", Peers: []string{"dask", "ray"}, Goal: atMost(10), Tolerance: 1e-9,
		About: "client.map(inc, range(N)) and gather (peers: 5,000)",
	},
	{
		Name: "cluster_roundtrip", Family: "cluster", Unit: "us", Peers: []string{"dask", "ray"}, Goal: atMost(300), Tolerance: 1e-9,
		About: "submit(inc, i).result(), one after the other: the median",
	},
	{
		Name: "cluster_roundtrip_p99", Family: "cluster", Unit: "us", Peers: []string{"dask", "ray"}, Goal: atMost(3000), Tolerance: 1e-9,
		About: "the same: the 99th percentile",
	},
	{
		Name: "cluster_transfer", Family: "cluster", Unit: "s/GB", Peers: []string{"dask"}, Goal: atMost(0.5), Tolerance: 1e-9,
		About: "four values of 100 MB from one worker to the other",
	},
	{
		Name: "cluster_seed", Family: "cluster", Unit: "s", Peers: []string{"dask"}, Goal: over(3, "dask"), Tolerance: 1e-9,
		About: "x = uniform; (x + x.T - x.mean(0)).sum()",
	},
	{
		Name: "cluster_csv", Family: "cluster", Unit: "x", Data: "seedcsv", Goal: atMost(1.5), Tolerance: 1e-9,
		About: "groupby name, mean of balance over 1.1 GB of CSV: time on two processes over that in one",
	},
	{
		Name: "cluster_log", Family: "cluster", Unit: "x", Goal: atMost(1.15), Tolerance: 1e-9, Once: true,
		About: "map and gather of 100,000 with the synced log of the scheduler over that without",
	},
	{
		Name: "cluster_admit", Family: "cluster", Unit: "s", Goal: atMost(1), Tolerance: 1e-9,
		About: "from submitting a graph of a million tasks until it is admitted",
	},
	{
		Name: "cluster_delay", Family: "cluster", Unit: "x", Goal: atMost(2), Tolerance: 1e-9, Once: true,
		About: "p99 of another client's round trips while a graph of a million tasks is packed, sent and admitted, over that alone",
	},
	{
		Name: "cluster_delay_run", Family: "cluster", Unit: "x", Goal: atMost(2), Tolerance: 1e-9, Once: true,
		About: "the same until the million tasks have run, on workers that share the cores with everything else",
	},

	// The machines by themselves.
	{
		Name: "scheduler_task", Family: "cluster", Unit: "us/task", Goal: atMost(5), Tolerance: 1e-9, Once: true,
		About: "the scheduler's CPU for an independent task of a list, 100 workers that do nothing",
	},
	{
		Name: "scheduler_deps", Family: "cluster", Unit: "us/task", Goal: atMost(10), Tolerance: 1e-9, Once: true,
		About: "the same with inputs: x + x.T over 300 x 300 blocks and a sum",
	},
	{
		Name: "scheduler_bytes", Family: "cluster", Unit: "B/task", Goal: atMost(256), Tolerance: 1e-9, Once: true,
		About: "memory of the scheduler for a task at rest, of a list of a million",
	},
	{
		Name: "scheduler_idle", Family: "cluster", Unit: "cores", Goal: atMost(0.2), Tolerance: 1e-9, Once: true,
		About: "CPU seconds per second of the scheduler with 10,000 idle workers that report every 500 ms",
	},

	// Memory.
	{
		Name: "mem_reduction", Family: "memory", Unit: "MB", Peers: []string{"dask"}, Goal: atMost(1000), Tolerance: 1e-9, Once: true, Peak: true,
		About: "peak resident set of the sum of a 40 GB random array",
	},
	{
		Name: "mem_groupby", Family: "memory", Unit: "MB", Data: "groups", Peers: []string{"duckdb"}, Goal: atMost(512), Tolerance: 1e-9, Once: true, Peak: true, MemoryLimit: "512MB",
		About: "peak resident set of a group-by with 16 million groups over 2 GB of rows, limit 512 MB",
	},
	{
		Name: "mem_bag_groupby", Family: "memory", Unit: "MB", Data: "records", Peers: []string{"duckdb"}, Goal: atMost(256), Tolerance: 1e-9, Once: true, Peak: true, MemoryLimit: "256MB",
		About: "peak resident set of a bag GroupBy over 1 GB of records, limit 256 MB",
	},
	{
		Name: "binary_size", Family: "memory", Unit: "MB", Goal: atMost(15), Tolerance: 1e-9, Once: true,
		About: "size of a program that only uses arrays",
	},
}
