package nats

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"sheaf/internal/transport"
)

// check returns an error for a user who could never or always get in.
func (u *User) check() error {
	name := strings.TrimSuffix(u.Peers, "*")
	if name != "" || u.Peers == "" {
		if err := transport.CheckName(name); err != nil {
			return fmt.Errorf("nats: user: %w", err)
		}
	}
	switch {
	case u.Token == "" && u.NKey == "":
		return fmt.Errorf("nats: user %q has neither token nor NKey", u.Peers)
	case u.NKey != "" && !nkeys.IsValidPublicUserKey(u.NKey):
		return fmt.Errorf("nats: user %q: %q is not the public NKey of a user (U…)", u.Peers, u.NKey)
	}
	return nil
}

// matches reports whether a peer's name is one of the user's.
func (u *User) matches(name string) bool {
	if prefix, ok := strings.CutSuffix(u.Peers, "*"); ok {
		return strings.HasPrefix(name, prefix)
	}
	return name == u.Peers
}

// guard decides who may connect, and gives each connection the permissions of its name.
type guard struct {
	conf   *ServerConfig
	secret string // of the endpoints of this process

	mu  sync.Mutex     // guards own
	own map[string]int // names of endpoints of this process
}

func newGuard(conf *ServerConfig, secret string) *guard {
	return &guard{conf: conf, secret: secret, own: make(map[string]int)}
}

// claim keeps a name for this process until release.
func (g *guard) claim(name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.own[name]++
}

func (g *guard) release(name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.own[name]--; g.own[name] <= 0 {
		delete(g.own, name)
	}
}

func (g *guard) claimed(name string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.own[name] > 0
}

// Check is called by the server for each new connection.
func (g *guard) Check(c server.ClientAuthentication) bool {
	o := c.GetOpts()
	if equal(o.Token, g.secret) {
		c.RegisterUser(&server.User{Username: o.Name}) // this process may do everything
		return true
	}
	if transport.CheckName(o.Name) != nil || g.claimed(o.Name) {
		return false
	}
	put, ok := g.admits(o, c.GetNonce())
	if !ok {
		return false
	}
	pub, sub := Permissions(g.conf.Cluster, o.Name, put)
	c.RegisterUser(&server.User{Username: o.Name, Permissions: &server.Permissions{
		Publish: &server.SubjectPermission{Allow: pub}, Subscribe: &server.SubjectPermission{Allow: sub},
	}})
	return true
}

// admits reports whether the credentials are good for the name, and whether objects may be stored with them.
func (g *guard) admits(o *server.ClientOpts, nonce []byte) (put, ok bool) {
	named := false
	for i := range g.conf.Users {
		u := &g.conf.Users[i]
		if !u.matches(o.Name) {
			continue
		}
		named = true
		if u.Token != "" && equal(o.Token, u.Token) || u.NKey != "" && o.Nkey == u.NKey && signed(o, nonce) {
			return u.PutObjects, true
		}
	}
	switch {
	case g.conf.Token != "":
		return true, !named && equal(o.Token, g.conf.Token)
	case len(g.conf.Users) > 0:
		return false, false
	}
	return true, true // nobody has to say who they are
}

// signed reports whether the connection has signed the nonce with its key.
func signed(o *server.ClientOpts, nonce []byte) bool {
	sig, err := base64.RawURLEncoding.DecodeString(o.Sig)
	if err != nil {
		return false
	}
	key, err := nkeys.FromPublicKey(o.Nkey)
	return err == nil && len(nonce) > 0 && key.Verify(nonce, sig) == nil
}

// equal compares secrets in a time that tells nothing about them. An empty one equals none.
func equal(got, want string) bool {
	a, b := sha256.Sum256([]byte(got)), sha256.Sum256([]byte(want))
	return want != "" && subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// Permissions returns the subjects that a peer must be allowed to publish and subscribe to, for those who configure an external server:
// its frames, its own inbox, and the store of executables, into which it may write only with put.
func Permissions(cluster, name string, put bool) (publish, subscribe []string) {
	bucket := bucketName(cluster)
	stream := "OBJ_" + bucket
	publish = []string{
		subjectRoot + cluster + ".*." + name,
		"$JS.API.INFO",
		"$JS.API.STREAM.INFO." + stream,
		"$JS.API.STREAM.MSG.GET." + stream,
		"$JS.API.DIRECT.GET." + stream,
		"$JS.API.DIRECT.GET." + stream + ".>",
		"$JS.API.CONSUMER.CREATE." + stream + ".>",
		"$JS.API.CONSUMER.DELETE." + stream + ".>",
		"$JS.API.CONSUMER.INFO." + stream + ".>",
		"$JS.API.CONSUMER.MSG.NEXT." + stream + ".>",
		"$JS.ACK." + stream + ".>",
		"$JS.FC." + stream + ".>",
	}
	if put {
		publish = append(publish, "$O."+bucket+".>", "$JS.API.STREAM.PURGE."+stream)
	}
	return publish, []string{subjectRoot + cluster + "." + name + ".*", inboxRoot + name + ".>"}
}
