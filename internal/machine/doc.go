// Package machine tells how much memory this process may use: the machine's, or what its control group leaves it.
package machine
