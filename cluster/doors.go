package cluster

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sheaf/cluster/internal/page"
)

// doors decide who may see the status pages. Beyond the loopback interface that is who has the token: programs send it with each request, and
// browsers, which cannot, once by a form. They are given a cookie that holds no token but the time until which it is good, signed by a key
// that this server has made; who ends the server ends all of them. On the loopback interface everybody on this machine may ask, but no page
// of another server by way of a name that leads here.
type doors struct {
	token  string
	open   bool // to this machine, without a token
	secure bool // TLS
	name   string
	logger *slog.Logger

	key    [32]byte
	asking chan struct{} // a place per token that is being tried
	now    func() time.Time
}

const (
	sessionMax = 12 * time.Hour
	wrongDelay = 500 * time.Millisecond // before a wrong token is refused
	tryingMax  = 4                      // tokens tried at a time
	formMax    = 4 << 10
)

func (d *doors) init() {
	_, _ = rand.Read(d.key[:]) // it never fails
	d.asking, d.now = make(chan struct{}, tryingMax), time.Now
}

// guard lets requests in that may be answered.
func (d *doors) guard(h http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /page.css", d.file)
	mux.HandleFunc("GET /page.js", d.file)
	if !d.open {
		mux.HandleFunc("GET /login", func(w http.ResponseWriter, _ *http.Request) { d.form(w, http.StatusOK, "") })
		mux.HandleFunc("POST /login", d.login)
		mux.HandleFunc("POST /logout", d.logout)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		switch {
		case d.open && !ownName(r.Host):
			http.Error(w, "this page is for this machine only: ask for it by the name localhost, or start the scheduler with --status on another address", http.StatusMisdirectedRequest)
		case d.open || d.knows(r):
			h.ServeHTTP(w, r)
		case r.URL.Path == "/" && strings.Contains(r.Header.Get("Accept"), "text/html"):
			http.Redirect(w, r, "login", http.StatusSeeOther)
		default:
			http.Error(w, "the token is missing or wrong: Authorization: Bearer …", http.StatusUnauthorized)
		}
	})
	own := http.NewCrossOriginProtection().Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", page.Policy)
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("X-Frame-Options", "DENY")
		head.Set("Referrer-Policy", "no-referrer")
		head.Set("Cross-Origin-Resource-Policy", "same-origin")
		head.Set("Cache-Control", "no-store")
		own.ServeHTTP(w, r)
	})
}

// ownName reports whether a request's Host is one of this machine's own, which no other page can have.
func ownName(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.Trim(host, "[]")
	}
	return loopback(net.JoinHostPort(name, "0"))
}

// knows reports whether a request carries the token, or the cookie of somebody who had it.
func (d *doors) knows(r *http.Request) bool {
	if given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return d.right(given)
	}
	c, err := r.Cookie(d.cookie())
	return err == nil && d.good(c.Value)
}

// right compares a token in a time that says nothing about it.
func (d *doors) right(token string) bool {
	a, b := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(d.token))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// cookie returns the name under which browsers keep the session: with TLS one that they take over TLS only.
func (d *doors) cookie() string {
	if d.secure {
		return "__Host-sheaf"
	}
	return "sheaf"
}

// session returns what a browser is to show until a time.
func (d *doors) session(until time.Time) string {
	text := strconv.FormatInt(until.Unix(), 10)
	return text + "." + hex.EncodeToString(d.sign(text))
}

func (d *doors) sign(text string) []byte {
	h := hmac.New(sha256.New, d.key[:])
	h.Write([]byte(text))
	return h.Sum(nil)
}

// good reports whether a session was given by this server and has not ended.
func (d *doors) good(session string) bool {
	text, signature, _ := strings.Cut(session, ".")
	given, err := hex.DecodeString(signature)
	if err != nil || !hmac.Equal(given, d.sign(text)) {
		return false
	}
	until, err := strconv.ParseInt(text, 10, 64)
	return err == nil && d.now().Before(time.Unix(until, 0))
}

// login takes the token of the form.
func (d *doors) login(w http.ResponseWriter, r *http.Request) {
	select {
	case d.asking <- struct{}{}:
		defer func() { <-d.asking }()
	default:
		d.form(w, http.StatusTooManyRequests, "Others are trying tokens. Try again in a moment.")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, formMax)
	if !d.right(strings.TrimSpace(r.PostFormValue("token"))) { // never that of the URL
		d.logger.Warn("a wrong token was given to the status page", "from", r.RemoteAddr)
		select {
		case <-time.After(wrongDelay):
		case <-r.Context().Done():
		}
		d.form(w, http.StatusUnauthorized, "That is not the token of this cluster.")
		return
	}
	until := d.now().Add(sessionMax)
	http.SetCookie(w, &http.Cookie{
		Name: d.cookie(), Value: d.session(until), Path: "/", MaxAge: int(sessionMax / time.Second), HttpOnly: true, Secure: d.secure,
		SameSite: http.SameSiteStrictMode,
	})
	http.Redirect(w, r, "./", http.StatusSeeOther)
}

// logout has the browser forget its session.
func (d *doors) logout(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{
		Name: d.cookie(), Path: "/", MaxAge: -1, HttpOnly: true, Secure: d.secure, SameSite: http.SameSiteStrictMode,
	})
	http.Redirect(w, r, "login", http.StatusSeeOther)
}

// form asks for the token.
func (d *doors) form(w http.ResponseWriter, status int, refused string) {
	var b bytes.Buffer
	if err := page.WriteLogin(&b, d.name, refused); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// file serves what the pages refer to, which is no secret.
func (d *doors) file(w http.ResponseWriter, r *http.Request) {
	content, media, ok := page.File(strings.TrimPrefix(r.URL.Path, "/"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", media)
	_, _ = w.Write(content)
}
