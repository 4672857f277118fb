package data

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"time"
)

// names are the holders of the made-up accounts, those of the seed's programs.
var names = [...]string{"Alice", "Bob", "Charlie", "Dan", "Edith", "Frank", "George", "Hannah", "Ingrid", "Jerry"}

// writeAccounts writes 24 days of CSV rows, one a minute, and 10 JSON-lines files of 1000 records.
func writeAccounts(dir string) error {
	rng := rand.New(rand.NewPCG(2018, 1))
	balance := func() float64 { return float64(rng.IntN(200_000)-50_000) / 100 } // cents; some are in debt
	for day := range 24 {
		start := time.Date(2018, 1, 1+day, 0, 0, 0, 0, time.UTC)
		f, err := createFile(filepath.Join(dir, start.Format("2006-01-02")+".csv"))
		if err != nil {
			return err
		}
		_, err = f.WriteString("timestamp,id,name,balance\n")
		for minute := range 24 * 60 {
			at := start.Add(time.Duration(minute) * time.Minute)
			_, werr := fmt.Fprintf(f, "%s,%d,%s,%.2f\n", at.Format(time.DateTime), 900+rng.IntN(200), names[rng.IntN(len(names))], balance())
			err = errors.Join(err, werr)
		}
		if err := errors.Join(err, f.close()); err != nil {
			return err
		}
	}
	for n := range 10 {
		f, err := createFile(filepath.Join(dir, fmt.Sprintf("accounts-%d.json", n)))
		if err != nil {
			return err
		}
		for id := range 1000 {
			_, werr := fmt.Fprintf(f, `{"id": %d, "name": %q, "balance": %.2f}`+"\n", 1000*n+id, names[rng.IntN(len(names))], balance())
			err = errors.Join(err, werr)
		}
		if err := errors.Join(err, f.close()); err != nil {
			return err
		}
	}
	return nil
}
