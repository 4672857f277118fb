// Package remote is the executor of a client of a cluster: it packs graphs and submits them, follows what becomes of the wanted
// values, and fetches them from the workers that hold them.
//
// It talks to the scheduler through messages alone, which its owner carries ([Config.Send], [Executor.Deliver]), and to workers through
// a [Fetcher]; it knows no network.
//
//	Start(graph) ─► Submit ─► scheduler … Finished{where} ─► fetch, in batches per worker ─► Wait, Output
//	                          worker … Value (small results, beside the sessions) ─────────┘
//
// Each wanted value has an entry. Handles and runs hold entries; when nobody holds one any more its claim is released, in batches.
package remote
