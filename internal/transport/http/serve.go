package http

import (
	"errors"
	"fmt"
	"io"
	nethttp "net/http"
	"strconv"
	"time"

	"sheaf/internal/wire"
)

const (
	pathGet = "/v1/get"
	pathPut = "/v1/put"

	headerVersion = "Sheaf-Transfer"
	headerEach    = "Sheaf-Each" // not empty: no batches
	headerLimit   = "Sheaf-Value-Bytes-Max"
	version       = "1"
	contentType   = "application/x-sheaf-values"
)

// get answers a request whose body is a list of ids.
func (s *Server) get(w nethttp.ResponseWriter, r *nethttp.Request) {
	body, err := io.ReadAll(nethttp.MaxBytesReader(w, r.Body, idsMax*idLen))
	if err != nil || len(body)%idLen != 0 {
		s.malformed.Add(1)
		nethttp.Error(w, fmt.Sprintf("the body is no list of at most %d ids", idsMax), nethttp.StatusBadRequest)
		return
	}
	limit, err := strconv.ParseInt(r.Header.Get(headerLimit), 10, 64)
	if err != nil || limit <= 0 {
		limit = 1 << 62
	}
	s.sending.Add(1)
	defer s.sending.Add(-1)
	w.Header().Set("Content-Type", contentType)
	ew := newEntryWriter(&patient{w: w, control: nethttp.NewResponseController(w), stall: s.conf.Stall})
	ew.each = r.Header.Get(headerEach) != ""
	ew.explain, _ = s.conf.Source.(Explainer)
	defer ew.drop()
	for ; len(body) > 0 && err == nil; body = body[idLen:] {
		err = s.give(r, ew, getID(body), limit)
	}
	if err == nil {
		err = ew.end()
	}
	s.valuesSent.Add(ew.values)
	s.bytesSent.Add(ew.bytes)
	if err != nil {
		s.broken.Add(1)
		s.warn("http: sending values", "to", r.RemoteAddr, "error", err)
		panic(nethttp.ErrAbortHandler) // breaks the connection without ending the body
	}
}

// give writes one value, or why there is none.
func (s *Server) give(r *nethttp.Request, ew *entryWriter, id wire.ID, limit int64) error {
	if err := r.Context().Err(); err != nil {
		return err
	}
	if s.conf.Source == nil {
		return ew.fail(id, codeNotHere, "")
	}
	v, err := s.conf.Source.Open(r.Context(), id)
	switch {
	case errors.Is(err, ErrNotHere):
		return ew.fail(id, codeNotHere, "")
	case err != nil:
		return ew.fail(id, codeOf(err), err.Error())
	case v.Bytes > limit:
		v.close()
		return ew.fail(id, codeTooLarge, fmt.Sprintf("it has %d bytes, the receiver takes at most %d", v.Bytes, limit))
	}
	return ew.value(id, v)
}

// put takes in the values of a body, and answers with an entry for each.
func (s *Server) put(w nethttp.ResponseWriter, r *nethttp.Request) {
	if s.conf.Sink == nil {
		nethttp.Error(w, "nothing can be put here", nethttp.StatusForbidden)
		return
	}
	s.sending.Add(1)
	defer s.sending.Add(-1)
	type result struct {
		id   wire.ID
		code code
		text string
	}
	var results []result
	control := nethttp.NewResponseController(w)
	er := &entryReader{r: &patient{r: r.Body, control: control, stall: s.conf.Stall}, addr: r.RemoteAddr, budget: s.budget, limit: s.conf.ValueBytesMax}
	er.sink = func(id wire.ID, v any, bytes int64, err error) {
		if err == nil {
			err = s.conf.Sink.Put(r.Context(), id, v, bytes)
		}
		res := result{id: id, code: codeOK}
		if err != nil {
			res.code, res.text = codeOf(err), err.Error()
			if ve, ok := errors.AsType[*ValueError](err); ok {
				res.text = ve.Text
			}
		}
		results = append(results, res)
	}
	err := er.all(r.Context())
	for _, id := range er.again {
		er.fail(id, codeValue, "it, or a value in front of it, cannot be decoded here")
	}
	s.valuesReceived.Add(er.values)
	s.bytesReceived.Add(er.bytes)
	if err != nil {
		s.broken.Add(1)
		s.warn("http: receiving values", "from", r.RemoteAddr, "error", err)
		nethttp.Error(w, err.Error(), nethttp.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", contentType)
	ew := newEntryWriter(&patient{w: w, control: control, stall: s.conf.Stall})
	defer ew.drop()
	for _, res := range results {
		if err = ew.fail(res.id, res.code, res.text); err != nil {
			break
		}
	}
	if err == nil {
		err = ew.end()
	}
	if err != nil {
		s.broken.Add(1)
		panic(nethttp.ErrAbortHandler)
	}
}

// A patient reader or writer gives the other side a while for each piece, however long the whole takes.
type patient struct {
	r       io.Reader
	w       io.Writer
	control *nethttp.ResponseController
	stall   time.Duration
	set     time.Time
}

func (p *patient) Write(b []byte) (int, error) {
	if now := time.Now(); now.Sub(p.set) > p.stall/8 {
		p.set = now
		if err := p.control.SetWriteDeadline(now.Add(p.stall)); err != nil {
			return 0, err
		}
	}
	return p.w.Write(b)
}

func (p *patient) Read(b []byte) (int, error) {
	if now := time.Now(); now.Sub(p.set) > p.stall/8 {
		p.set = now
		if err := p.control.SetReadDeadline(now.Add(p.stall)); err != nil {
			return 0, err
		}
	}
	return p.r.Read(b)
}
