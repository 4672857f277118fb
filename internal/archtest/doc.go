// Package archtest holds the tests of the house's order: imports go one way, the rooms that decide touch nothing of the
// world, and a program links only what it uses. It has no code of its own.
package archtest
