package data

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// Names are the 26 holders of the seed's accounts, one per letter.
var Names = [26]string{
	"Alice", "Bob", "Charlie", "Dan", "Edith", "Frank", "George", "Hannah", "Ingrid", "Jerry", "Kevin", "Laura", "Michael",
	"Norbert", "Oliver", "Patricia", "Quinn", "Ray", "Sarah", "Tim", "Ursula", "Victor", "Wendy", "Xavier", "Yvonne", "Zelda",
}

const (
	csvDays     = 24
	csvRows     = 864_000 // a day, one row per 100 ms
	jsonFiles   = 10
	jsonRecords = 300_000 // a file
)

// SeedCSV writes 2018-01-01.csv … 2018-01-24.csv with the columns timestamp, id, name, balance and x.
// Balances have two decimals in [0, 10000), x six in [-1, 1).
func SeedCSV(ctx context.Context, dir string) error {
	for day := range csvDays {
		if err := ctx.Err(); err != nil {
			return err
		}
		start := time.Date(2018, 1, 1+day, 0, 0, 0, 0, time.UTC)
		rng := rand.New(rand.NewPCG(2018, uint64(day)))
		err := writeFile(filepath.Join(dir, start.Format("2006-01-02")+".csv"), func(w *bufio.Writer) error {
			_, _ = w.WriteString("timestamp,id,name,balance,x\n")
			line := make([]byte, 0, 128)
			for row := range csvRows {
				at := start.Add(time.Duration(row) * 100 * time.Millisecond)
				line = at.AppendFormat(line[:0], "2006-01-02 15:04:05.000")
				line = append(line, ',')
				line = strconv.AppendInt(line, 900+rng.Int64N(200), 10)
				line = append(line, ',')
				line = append(line, Names[rng.IntN(len(Names))]...)
				line = append(line, ',')
				line = strconv.AppendFloat(line, float64(rng.IntN(1_000_000))/100, 'f', 2, 64)
				line = append(line, ',')
				line = strconv.AppendFloat(line, 2*rng.Float64()-1, 'f', 6, 64)
				line = append(line, '\n')
				if _, err := w.Write(line); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// SeedJSON writes accounts-0.json … accounts-9.json, one record a line with id, name, balance, tags and address.
func SeedJSON(ctx context.Context, dir string) error {
	cities := [...]string{"Amsterdam", "Berlin", "Chicago", "Dublin", "Edinburgh", "Florence", "Geneva", "Helsinki"}
	tags := [...]string{"new", "gold", "silver", "frozen", "online", "branch", "joint", "student", "senior", "business"}
	for file := range jsonFiles {
		if err := ctx.Err(); err != nil {
			return err
		}
		rng := rand.New(rand.NewPCG(465, uint64(file)))
		err := writeFile(filepath.Join(dir, fmt.Sprintf("accounts-%d.json", file)), func(w *bufio.Writer) error {
			for row := range jsonRecords {
				a, b := rng.IntN(len(tags)), rng.IntN(len(tags))
				_, err := fmt.Fprintf(w,
					`{"id": %d, "name": %q, "balance": %.2f, "tags": [%q, %q], "address": {"street": "%d Main Street", "city": %q, "zip": "%05d"}}`+"\n",
					file*jsonRecords+row, Names[rng.IntN(len(Names))], float64(rng.IntN(1_000_000))/100,
					tags[a], tags[b], 1+rng.IntN(9999), cities[rng.IntN(len(cities))], rng.IntN(100_000))
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// writeFile creates path and has fill write it through a buffer.
func writeFile(path string, fill func(*bufio.Writer) error) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := fill(w); err != nil {
		return err
	}
	return w.Flush()
}
