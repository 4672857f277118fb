package config

import "time"

// The keys. Names and meanings follow Dask's where there is one.
var (
	Workers = define[int]("workers", "0", number(0, 1<<20),
		"Goroutines that run tasks; 0 means one for each processor that Go may use (GOMAXPROCS).")
	Scheduler = define[string]("scheduler", "goroutines", choice("goroutines", "synchronous"),
		"How tasks run without a cluster: on goroutines, or one after the other in the goroutine that asks, for a debugger.")
	MemoryLimit = define[int64]("memory.limit", "60%", memory,
		"Bytes that values of tasks may take before they are written to disk, or a share of what the machine or the control group has; 0 means no limit.")
	TemporaryDirectory = define[string]("temporary-directory", "", path,
		"Where spilled values and shuffles are written; empty means the system's directory for temporary files. It should be local and roomy.")
	CancelGrace = define[time.Duration]("cancel.grace", "5s", duration,
		"How long a cancelled run waits for functions that ignore their context.")

	ArrayChunkSize = define[int64]("array.chunk-size", "128MiB", bytes,
		"Bytes that automatic chunks aim at.")
	ArraySplitEvery = define[int]("array.split-every", "4", number(2, 1<<20),
		"Chunks that one step of a tree reduction combines.")
	ArrayBLAS = define[string]("array.blas", "auto", path,
		"What multiplies matrices: auto is sheaf's own kernels, and an OpenBLAS of the system for types without one; own loads nothing; a path is an OpenBLAS that is used for all. "+
			"Read from the environment (SHEAF_ARRAY_BLAS) when it is first needed; files do not reach it.")

	DataFrameBlockSize = define[int64]("dataframe.block-size", "64MB", bytes,
		"Bytes of a text file that become one partition; 0 makes one partition a file.")
	DataFrameShuffle = define[string]("dataframe.shuffle.method", "auto", choice("auto", "memory", "disk"),
		"Where a shuffle keeps its pieces: on disk always, in memory until the limit, or as the sizes suggest.")
	DataFrameSplitEvery = define[int]("dataframe.split-every", "8", number(2, 1<<20),
		"Partitions that one step of a tree reduction combines.")
	DataFrameSampleRows = define[int]("dataframe.csv.sample-rows", "10000", number(1, 1<<30),
		"Rows of a text file from which types are guessed.")
	DataFrameBroadcast = define[int64]("dataframe.merge.broadcast-size", "64MB", bytes,
		"Bytes below which one side of a merge is sent whole to every partition of the other instead of shuffling both.")

	BagBlockSize = define[int64]("bag.block-size", "0", bytes,
		"Bytes of a text file that become one partition of a bag; 0 makes one partition a file, as in Dask.")
	BagPartitions = define[int]("bag.partitions", "100", number(1, 1<<20),
		"About how many partitions a bag made of values in memory gets.")
	BagSplitEvery = define[int]("bag.split-every", "8", number(2, 1<<20),
		"Partitions that one step of a bag's tree reduction combines.")

	DelayedPure = define[bool]("delayed.pure", "false", boolean,
		"Whether delayed calls give equal keys to equal calls unless they say otherwise.")
	Fuse = define[bool]("optimization.fuse", "true", boolean,
		"Run chains of element-wise tasks as one task.")

	ProgressEnabled = define[string]("progress.enabled", "auto", choice("auto", "true", "false"),
		"The progress display: on a terminal and as log records elsewhere, always, or never.")
	ProgressDelay = define[time.Duration]("progress.delay", "2s", duration,
		"How long a run takes before its progress is shown.")
	ProgressInterval = define[time.Duration]("progress.interval", "30s", duration,
		"Time between two progress records where there is no terminal.")
	VisualizationEngine = define[string]("visualization.engine", "auto", choice("auto", "dot", "builtin"),
		"What draws graphs: the dot program, sheaf's own layout, or dot where it is installed.")

	SIMD = define[string]("simd", "auto", choice("auto", "off", "avx2", "avx512"),
		"Vector instructions of the kernels. Read from the environment (SHEAF_SIMD) when the process starts; files do not reach it.")
)
