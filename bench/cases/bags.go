package cases

import (
	"context"
	"path/filepath"

	"sheaf/bag"
)

func init() { ours["json_seed"] = jsonSeed }

// account is a record of the seed's files. The peers too read all of its fields, or those that they find they need.
type account struct {
	ID      int64
	Name    string
	Balance float64
	Tags    []string
	Address struct{ Street, City, Zip string }
}

func isAlice(a account) bool { return a.Name == "Alice" }

func balance(a account) float64 { return a.Balance }

// jsonSeed is the seed's bag program: plain Go functions on a plain Go struct.
func jsonSeed(_ context.Context, data string) (Run, error) {
	pattern := filepath.Join(data, "seedjson", "*.json")
	return func(ctx context.Context) (Answer, error) {
		accounts := bag.ReadText(pattern).TryMap(bag.JSON[account])
		total, err := bag.Sum(accounts.Filter(isAlice).Map(balance)).Compute(ctx)
		return Answer{Values: []float64{total}}, err
	}, nil
}
