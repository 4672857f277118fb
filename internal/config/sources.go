package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
)

// findFiles lists the files to read, the weakest first.
func findFiles(l Location) ([]string, error) {
	var files []string
	if l.UserDir != "" {
		user, err := yamlFiles(l.UserDir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("config: %w", err)
		}
		files = append(files, user...)
	}
	if l.Dir != "" {
		here := filepath.Join(l.Dir, "sheaf.yaml")
		if info, err := os.Stat(here); err == nil && !info.IsDir() {
			files = append(files, here)
		}
	}
	named := getenv(l.Environ, "SHEAF_CONFIG")
	if named == "" {
		return files, nil
	}
	info, err := os.Stat(named)
	if err != nil {
		return nil, fmt.Errorf("config: SHEAF_CONFIG: %w", err)
	}
	if !info.IsDir() {
		return append(files, named), nil
	}
	all, err := yamlFiles(named)
	if err != nil {
		return nil, fmt.Errorf("config: SHEAF_CONFIG: %w", err)
	}
	return append(files, all...), nil
}

func yamlFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); !e.IsDir() && (ext == ".yaml" || ext == ".yml") {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	slices.Sort(files)
	return files, nil
}

func (s *Snapshot) readFile(name string) error {
	k := koanf.New(".")
	if err := k.Load(file.Provider(name), yaml.Parser()); err != nil {
		return fmt.Errorf("config: %s: %w", name, err)
	}
	all := k.All()
	names := make([]string, 0, len(all))
	for n := range all {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		key, err := find(n)
		if err != nil {
			return fmt.Errorf("config: %s: %w", name, err)
		}
		v := all[n]
		switch v.(type) {
		case nil:
			continue // "workers:" without a value leaves what was there
		case []any, map[string]any, map[any]any:
			return fmt.Errorf("config: %s: %s: a list or mapping; it takes %s", name, key.name, key.kind.name)
		}
		if err := s.set(key, fmt.Sprint(v), name); err != nil {
			return err
		}
	}
	return nil
}

const prefix = "SHEAF_"

// readEnviron takes the settings out of the environment. An empty variable is as good as none. Variables that Kubernetes makes for a service called sheaf are not ours.
func (s *Snapshot) readEnviron(environ []string) error {
	for _, kv := range environ {
		name, value, ok := strings.Cut(kv, "=")
		rest, ours := strings.CutPrefix(name, prefix)
		if !ok || !ours || rest == "CONFIG" || internalVariable(rest) || value == "" ||
			fromKubernetes(rest, value) {
			continue
		}
		k, err := findVariable(rest)
		if err != nil {
			return fmt.Errorf("config: environment: %w", err)
		}
		if err := s.set(k, value, "environment "+name); err != nil {
			return err
		}
	}
	return nil
}

// internalVariable reports whether a variable is no setting: it is a secret that commands take, between sheaf's own processes, or for tests.
func internalVariable(rest string) bool {
	return rest == "TOKEN" || strings.HasPrefix(rest, "INTERNAL_") || strings.HasPrefix(rest, "AGENT_") || strings.HasPrefix(rest, "TEST_")
}

// VariableOf returns the environment variable of a key.
func VariableOf(name string) string {
	return prefix + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(name))
}

func findVariable(rest string) (*key, error) {
	for strings.Contains(rest, "__") { // as Dask writes them
		rest = strings.ReplaceAll(rest, "__", "_")
	}
	rest = strings.ToUpper(rest)
	best, far := "", len(rest)
	for _, k := range keys {
		v := strings.TrimPrefix(VariableOf(k.name), prefix)
		if v == rest {
			return k, nil
		}
		if d := distance(v, rest); d < far {
			best, far = v, d
		}
	}
	hint := "; `sheaf config` lists all"
	if far <= max(2, len(rest)/3) {
		hint = "; did you mean " + prefix + best + "?"
	}
	return nil, fmt.Errorf("unknown variable %s%s%s", prefix, rest, hint)
}

var servicePort = regexp.MustCompile(`(^|_)PORT_\d+_(TCP|UDP|SCTP)(_|$)`)

func fromKubernetes(rest, value string) bool {
	return strings.Contains(rest, "SERVICE_HOST") || strings.Contains(rest, "SERVICE_PORT") || servicePort.MatchString(rest) ||
		(rest == "PORT" || strings.HasSuffix(rest, "_PORT")) && strings.Contains(value, "://")
}

func getenv(environ []string, name string) string {
	for _, kv := range slices.Backward(environ) {
		if n, v, ok := strings.Cut(kv, "="); ok && n == name {
			return v
		}
	}
	return ""
}
