package data

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
)

// Flight is a record of the JSON-lines files.
type Flight struct {
	Time     string   `json:"time"` // the scheduled hour, RFC 3339
	Carrier  string   `json:"carrier"`
	Flight   int      `json:"flight"`
	Tailnum  string   `json:"tailnum"` // empty when unknown
	Origin   string   `json:"origin"`
	Dest     string   `json:"dest"`
	Delay    *float64 `json:"delay"` // of the departure in minutes; null for a cancelled flight
	Distance int      `json:"distance"`
}

// month is the pair of files of one month.
type month struct {
	csvFile, jsonFile *file
	rows              *csv.Writer
	records           *json.Encoder
}

// flightColumns is where the fields of a Flight stand in a row of the table.
type flightColumns struct {
	month, time, carrier, flight, tailnum, origin, dest, delay, distance int
}

func unpackFlights(dir string) (err error) {
	months := map[string]*month{}
	defer func() {
		for _, m := range months {
			m.rows.Flush()
			err = errors.Join(err, m.rows.Error(), m.csvFile.close(), m.jsonFile.close())
		}
	}()
	var header []string
	var at flightColumns
	return eachRow("flights", func(row []string) error {
		if header == nil {
			header = slices.Clone(row)
			at = findColumns(header)
			return nil
		}
		m := months[row[at.month]]
		if m == nil {
			if m, err = newMonth(dir, row[at.month]); err != nil {
				return err
			}
			months[row[at.month]] = m
			if err := m.rows.Write(header); err != nil {
				return err
			}
		}
		if err := m.rows.Write(row); err != nil {
			return err
		}
		flight, err := at.flightOf(row)
		if err != nil {
			return err
		}
		return m.records.Encode(flight)
	})
}

func newMonth(dir, number string) (*month, error) {
	n, err := strconv.Atoi(number)
	if err != nil {
		return nil, err
	}
	base := filepath.Join(dir, "flights", fmt.Sprintf("2013-%02d", n))
	c, err := createFile(base + ".csv")
	if err != nil {
		return nil, err
	}
	j, err := createFile(base + ".json")
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	return &month{c, j, csv.NewWriter(c), json.NewEncoder(j)}, nil
}

func findColumns(header []string) flightColumns {
	of := func(name string) int { return slices.Index(header, name) }
	return flightColumns{
		of("month"), of("time_hour"), of("carrier"), of("flight"), of("tailnum"), of("origin"), of("dest"), of("dep_delay"), of("distance"),
	}
}

func (at flightColumns) flightOf(row []string) (Flight, error) {
	f := Flight{Time: row[at.time], Carrier: row[at.carrier], Tailnum: row[at.tailnum], Origin: row[at.origin], Dest: row[at.dest]}
	var errs [3]error
	f.Flight, errs[0] = strconv.Atoi(row[at.flight])
	f.Distance, errs[1] = strconv.Atoi(row[at.distance])
	if cell := row[at.delay]; cell != "" {
		var delay float64
		delay, errs[2] = strconv.ParseFloat(cell, 64)
		f.Delay = &delay
	}
	return f, errors.Join(errs[:]...)
}
