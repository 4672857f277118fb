// Package graph describes work as plain immutable data: layers of tasks and what each task needs.
//
// A [Layer] is a compact description of many tasks: one operation over an index space, with [Edge]s that say by arithmetic
// which tasks of other layers each of its tasks needs. A million-task array costs kilobytes to build, send and keep; its
// tasks are expanded only where they are scheduled. A task is (layer, index); its name is a content token, so that equal
// expressions have equal keys on every machine and run.
//
// This package is the door for people who write their own collection: build layers with [New], [Tree], [List], [Const] and
// [Alias], return a [Graph] from your type's Graph method, and sheaf.Compute, Persist and Visualize work on it. Operations
// implement [Op]; they are data too (structs with exported or unexported fields, functions included), not closures, so that a
// graph can travel to other processes of the same program.
package graph
