package diagnostics

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"slices"
	"time"
)

// reportData is what the page draws. Tasks travel as packed columns: a million of them are some megabytes.
type reportData struct {
	Title   string       `json:"title"`
	Made    string       `json:"made"`
	Machine string       `json:"machine"`
	Seconds float64      `json:"seconds"` // that the time axis is long
	Runs    []reportRun  `json:"runs"`
	Names   []string     `json:"names"`   // of tasks
	Rows    []reportRow  `json:"rows"`    // of the timeline: the workers
	Unit    float64      `json:"unit"`    // seconds per tick of the columns of times
	Tasks   int          `json:"tasks"`   // how many
	Packed  string       `json:"packed"`  // gzip, base64: start, length, bytes, index (uint32), name (uint16), each for all tasks
	Samples reportSeries `json:"samples"` // of the resources

	begin time.Time
	tasks []Record
	from  []Sample
}

type reportRun struct {
	Start   float64 `json:"start"`
	Seconds float64 `json:"seconds"`
	Tasks   int     `json:"tasks"`
	Error   string  `json:"error"`
}

type reportRow struct {
	Name  string `json:"name"`
	First int    `json:"first"` // of the tasks
	Count int    `json:"count"`
}

type reportSeries struct {
	Time       []float64 `json:"time"`
	CPU        []float64 `json:"cpu"`
	RSS        []int64   `json:"rss"`
	Heap       []int64   `json:"heap"`
	Used       []int64   `json:"used"`
	Spilled    []int64   `json:"spilled"`
	Goroutines []int     `json:"goroutines"`
	Limit      int64     `json:"limit"`
}

func newReportData() *reportData {
	return &reportData{
		Title: "sheaf", Made: time.Now().Format("2006-01-02 15:04:05"),
		Machine: fmt.Sprintf("%s/%s, %d processors, GOMAXPROCS %d, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.GOMAXPROCS(0), runtime.Version()),
		Runs:    []reportRun{}, Names: []string{}, Rows: []reportRow{},
	}
}

// since notes that something happened at t.
func (d *reportData) since(t time.Time) {
	if d.begin.IsZero() || t.Before(d.begin) {
		d.begin = t
	}
}

func (p *Profiler) addTo(d *reportData) {
	for _, r := range p.Runs() {
		d.since(r.Start)
		run := reportRun{Start: float64(r.Start.UnixNano()), Seconds: r.Took.Seconds(), Tasks: r.Tasks}
		if r.Err != nil {
			run.Error = r.Err.Error()
		}
		d.Runs = append(d.Runs, run)
	}
	d.tasks = append(d.tasks, p.Results()...)
}

func (p *ResourceProfiler) addTo(d *reportData) {
	samples := p.Results()
	if len(samples) > 0 {
		d.since(samples[0].Time)
	}
	d.from = append(d.from, samples...)
}

// encode makes the page's data. It is safe inside of a script element: JSON of this package has no "<".
func (d *reportData) encode() ([]byte, error) {
	for k := range d.Runs {
		d.Runs[k].Start = (d.Runs[k].Start - float64(d.begin.UnixNano())) / 1e9
		d.Seconds = max(d.Seconds, d.Runs[k].Start+d.Runs[k].Seconds)
	}
	d.series()
	for _, t := range d.tasks {
		d.Seconds = max(d.Seconds, t.End.Sub(d.begin).Seconds())
	}
	if err := d.pack(); err != nil {
		return nil, err
	}
	return json.Marshal(d)
}

func (d *reportData) series() {
	slices.SortStableFunc(d.from, func(a, b Sample) int { return a.Time.Compare(b.Time) })
	s := &d.Samples
	s.Time, s.CPU, s.RSS, s.Heap, s.Used, s.Spilled, s.Goroutines = []float64{}, []float64{}, []int64{}, []int64{}, []int64{}, []int64{}, []int{}
	for _, x := range d.from {
		at := x.Time.Sub(d.begin).Seconds()
		d.Seconds = max(d.Seconds, at)
		s.Time = append(s.Time, math.Round(at*1e4)/1e4)
		s.CPU = append(s.CPU, math.Round(x.CPU*10)/10)
		s.RSS, s.Heap, s.Used, s.Spilled = append(s.RSS, x.RSS), append(s.Heap, x.Heap), append(s.Used, x.Used), append(s.Spilled, x.Spilled)
		s.Goroutines = append(s.Goroutines, x.Goroutines)
		s.Limit = max(s.Limit, x.Limit)
	}
}

// namesMost is how many names the page tells apart.
const namesMost = 1 << 16

// pack sorts the tasks by row and start and writes them as columns.
func (d *reportData) pack() error {
	slices.SortStableFunc(d.tasks, func(a, b Record) int { return cmp.Or(cmp.Compare(a.Worker, b.Worker), a.Start.Compare(b.Start)) })
	n := len(d.tasks)
	d.Tasks = n
	d.Unit = max(d.Seconds/(1<<31), 1e-9)
	start, length, bytes4, index := make([]uint32, n), make([]uint32, n), make([]uint32, n), make([]uint32, n)
	name := make([]uint16, n)
	numbers := map[string]uint16{}
	for k, t := range d.tasks {
		number, ok := numbers[t.Key.Name]
		if !ok && len(numbers) < namesMost {
			number = uint16(len(numbers))
			numbers[t.Key.Name] = number
			d.Names = append(d.Names, t.Key.Name)
		}
		start[k] = uint32(t.Start.Sub(d.begin).Seconds() / d.Unit)
		length[k] = uint32(t.End.Sub(t.Start).Seconds() / d.Unit)
		bytes4[k] = math.Float32bits(float32(t.Bytes))
		index[k], name[k] = uint32(t.Key.Index), number
		if last := len(d.Rows) - 1; last < 0 || d.tasks[k-1].Worker != t.Worker {
			d.Rows = append(d.Rows, reportRow{fmt.Sprintf("worker %d", t.Worker), k, 1})
		} else {
			d.Rows[last].Count++
		}
	}
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	if err != nil {
		return err
	}
	for _, column := range []any{start, length, bytes4, index, name} {
		if err := binary.Write(z, binary.LittleEndian, column); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	d.Packed = base64.StdEncoding.EncodeToString(packed.Bytes())
	return nil
}
