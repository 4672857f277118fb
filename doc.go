// Package sheaf runs lazy collections: chunked arrays (package array), dataframes (dataframe), bags of records (bag) and
// delayed functions (delayed), all on one task-scheduling machinery, in this process or on a cluster.
//
// Building a collection does nothing but describe the work. [Compute] runs it and returns the result in memory, [Persist]
// runs it in the background and keeps the parts where they are, [Visualize] draws the tasks, [Explain] prints the plan.
// What runs takes a context first; options and the executor may travel in it ([With], [On]).
//
// A memory limit, 60 % of what the machine or its cgroup has unless configured, is kept by reserving memory before a task
// starts and by spilling values to disk. The first failed task stops a run; the error is a *[TaskError] that names the
// function, its file and line, and the task's key.
package sheaf
