package cluster

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"sheaf/client"
)

// records is a log that tests read.
type records struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (r *records) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.Write(b)
}

func (r *records) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.String()
}

// withPage starts a scheduler whose page is at an address.
func withPage(t *testing.T, status string, log io.Writer) *Scheduler {
	t.Helper()
	s, err := StartScheduler(t.Context(), SchedulerConfig{
		Status: status, NoLog: true, Name: "mine", Security: Security{Token: "a secret"}, Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	return s
}

// ask makes a request and returns the status and the body.
func ask(t *testing.T, c *http.Client, method, to string, form url.Values, header ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, to, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		if r.Header.Set(header[i], header[i+1]); header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if p := resp.Header.Get("Content-Security-Policy"); !strings.Contains(p, "default-src 'none'") {
		t.Errorf("%s %s: policy %q", method, to, p)
	}
	return resp.StatusCode, string(b)
}

// TestDashboard looks at the page of a cluster on this machine.
func TestDashboard(t *testing.T) {
	s := withPage(t, "127.0.0.1:0", io.Discard)
	if s.DashboardLink() != s.StatusURL()+"/" {
		t.Errorf("DashboardLink() = %q", s.DashboardLink())
	}
	status, body := ask(t, http.DefaultClient, "GET", s.DashboardLink(), nil)
	root, err := html.Parse(strings.NewReader(body))
	if err != nil || status != http.StatusOK || !strings.Contains(body, "sheaf cluster mine") || strings.Contains(body, "Log out") {
		t.Fatalf("%d, %v:\n%s", status, err, body)
	}
	sections := 0
	for n := range root.Descendants() {
		if n.Data == "h2" {
			sections++
		}
	}
	if sections != 8 {
		t.Errorf("%d headings, want 8", sections)
	}
	for path, want := range map[string]int{"body": 200, "page.css": 200, "page.js": 200, "info": 200, "metrics": 200, "health": 200, "nothing": 404, "login": 404, "page.html": 404} {
		if status, _ := ask(t, http.DefaultClient, "GET", s.DashboardLink()+path, nil); status != want {
			t.Errorf("/%s: %d, want %d", path, status, want)
		}
	}
	// Another page whose name leads here is not to read it.
	for host, want := range map[string]int{"evil.example": 421, "evil.example:8787": 421, "localhost:1": 200, "[::1]:1": 200, "127.0.0.1": 200, "10.0.0.1": 421} {
		if status, _ := ask(t, http.DefaultClient, "GET", s.DashboardLink()+"info", nil, "Host", host); status != want {
			t.Errorf("asked as %s: %d, want %d", host, status, want)
		}
	}
}

// TestDashboardWantsTheToken: beyond this machine a page is for those who have the token, which is in no URL, cookie or log.
func TestDashboardWantsTheToken(t *testing.T) {
	log := &records{}
	s := withPage(t, "0.0.0.0:0", log)
	u, err := url.Parse(s.DashboardLink())
	if err != nil {
		t.Fatal(err)
	}
	base := "http://127.0.0.1:" + u.Port() + "/"
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	const page = "text/html,application/xhtml+xml"
	for _, path := range []string{"", "body", "info", "metrics", "health", "?token=a+secret", "info?token=a+secret"} {
		if status, _ := ask(t, browser, "GET", base+path, nil); status != http.StatusUnauthorized {
			t.Errorf("/%s without a token: %d", path, status)
		}
	}
	if status, body := ask(t, browser, "GET", base, nil, "Accept", page); status != http.StatusOK || !strings.Contains(body, `type="password"`) || !strings.Contains(body, `method="post"`) {
		t.Errorf("a browser is shown %d:\n%s", status, body)
	}
	if status, body := ask(t, browser, "POST", base+"login?token=a+secret", url.Values{"token": {"a guess"}}); status != http.StatusUnauthorized || !strings.Contains(body, "not the token") || strings.Contains(body, "guess") {
		t.Errorf("a wrong token: %d\n%s", status, body)
	}
	if status, _ := ask(t, browser, "POST", base+"login", url.Values{"token": {"a secret"}}, "Sec-Fetch-Site", "cross-site"); status != http.StatusForbidden {
		t.Errorf("another site logs in: %d", status)
	}
	status, body := ask(t, browser, "POST", base+"login", url.Values{"token": {" a secret\n"}})
	if status != http.StatusOK || !strings.Contains(body, "sheaf cluster mine") || !strings.Contains(body, "Log out") {
		t.Fatalf("the right token: %d\n%s", status, body)
	}
	cookies := jar.Cookies(mustURL(t, base))
	if len(cookies) != 1 || strings.Contains(cookies[0].Value, "secret") {
		t.Fatalf("cookies %v", cookies)
	}
	if status, body := ask(t, browser, "GET", base+"body", nil); status != http.StatusOK || !strings.Contains(body, "Workers") {
		t.Errorf("with the cookie: %d", status)
	}
	for _, value := range []string{"", cookies[0].Value + "0", "9" + cookies[0].Value, "1.", strings.Replace(cookies[0].Value, ".", "0.", 1)} {
		if status, _ := ask(t, http.DefaultClient, "GET", base, nil, "Cookie", "sheaf="+value); status != http.StatusUnauthorized {
			t.Errorf("with the cookie %q: %d", value, status)
		}
	}
	if status, _ := ask(t, http.DefaultClient, "GET", base+"info", nil, "Authorization", "Bearer a secret", "Host", "dashboard.example"); status != http.StatusOK {
		t.Errorf("a program with the token: %d", status)
	}
	if status, _ := ask(t, browser, "POST", base+"logout", url.Values{}); status != http.StatusOK || len(jar.Cookies(mustURL(t, base))) != 0 {
		t.Errorf("logged out: %d, %v", status, jar.Cookies(mustURL(t, base)))
	}
	if text := log.String(); !strings.Contains(text, "a wrong token was given") || strings.Contains(text, "secret") || strings.Contains(text, "guess") {
		t.Errorf("the log says %s", text)
	}
}

func mustURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestSessionsEnd: a cookie is good for a time, and for the server that gave it; over TLS it travels over TLS only.
func TestSessionsEnd(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	d := &doors{token: "x"}
	d.init()
	d.now = func() time.Time { return now }
	session := d.session(now.Add(time.Hour))
	if !d.good(session) {
		t.Error("a fresh session is refused")
	}
	if now = now.Add(time.Hour); d.good(session) {
		t.Error("a session does not end")
	}
	now = now.Add(-time.Hour)
	other := &doors{token: "x", secure: true}
	if other.init(); other.good(session) || other.cookie() != "__Host-sheaf" {
		t.Error("another server's session is good")
	}
	other.logger = slog.New(slog.DiscardHandler)
	r := httptest.NewRequest("POST", "/login", strings.NewReader("token=x"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer := httptest.NewRecorder()
	other.guard(http.NotFoundHandler()).ServeHTTP(answer, r)
	cookie := answer.Header().Get("Set-Cookie")
	for _, want := range []string{"__Host-sheaf=", "HttpOnly", "SameSite=Strict", "Secure", "Path=/", "Max-Age=43200"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie %q lacks %s", cookie, want)
		}
	}
	if answer.Code != http.StatusSeeOther || answer.Header().Get("Cache-Control") != "no-store" || answer.Header().Get("X-Frame-Options") != "DENY" {
		t.Errorf("%d %v", answer.Code, answer.Header())
	}
}

// TestDashboardLink: clients learn where the page is, with an address that they can reach.
func TestDashboardLink(t *testing.T) {
	s := withPage(t, "0.0.0.0:0", io.Discard)
	port := mustURL(t, s.StatusURL()).Port()
	c, err := client.Dial(t.Context(), s.URL(), client.Token("a secret"), client.ClusterName("mine"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if got, want := c.DashboardLink(), "http://127.0.0.1:"+port+"/"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if c.Cluster() != nil {
		t.Errorf("a client that dialled is of %v", c.Cluster())
	}
	in, err := StartInProcess(t.Context(), Config{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close(context.Background()) }()
	ci, err := in.Client(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ci.Close() }()
	if ci.DashboardLink() != "" || ci.Cluster() != in {
		t.Errorf("a client without a page has %q, of %v", ci.DashboardLink(), ci.Cluster())
	}
}

func failing(x int) (int, error) { return x, errors.New("<b onclick=alert(1)>bad</b>") }

// TestDashboardOfLocal: the page of a running cluster shows what users run, and nothing that they name acts.
func TestDashboardOfLocal(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	ctx := t.Context()
	l, err := StartLocal(ctx, Config{Workers: 1, Scheduler: SchedulerConfig{Status: "127.0.0.1:0"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close(context.Background()) }()
	c, err := l.Client(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if l.DashboardLink() == "" || c.DashboardLink() != l.DashboardLink() || c.Cluster() != any(l) {
		t.Errorf("links %q and %q, of %T", l.DashboardLink(), c.DashboardLink(), c.Cluster())
	}
	const evil = `<script>alert(1)</script>"'>`
	f := c.Submit[int](failing, 1, client.Name(evil), client.Span("etl", evil))
	if _, err := f.Result(ctx); err == nil {
		t.Error("it did not fail")
	}
	_, body := ask(t, http.DefaultClient, "GET", c.DashboardLink(), nil)
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for n := range root.Descendants() {
		switch {
		case n.Type == html.TextNode:
			text.WriteString(n.Data + "\n")
		case n.Data == "script" && n.FirstChild != nil, n.Type == html.ElementNode && len(n.Attr) > 0 && n.Attr[0].Key == "onclick":
			t.Errorf("there is a %s with %v", n.Data, n.Attr)
		}
	}
	for _, want := range []string{"local-0", evil, "<b onclick=alert(1)>bad</b>", "failing"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the page lacks %q:\n%s", want, text.String())
		}
	}
	runtime.KeepAlive(f)
}
