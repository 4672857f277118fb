package cgroup

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// detect finds the group to divide, seen from a root directory (tests have one of their own).
func detect(root, parent string) (Method, error) {
	if parent != "" {
		return named(parent)
	}
	own, hybrid, err := ownGroup(root)
	if err != nil {
		return watched(err.Error()), nil
	}
	if own == "" {
		return watched("this system has control groups of version 1 only, and no group was named to divide"), nil
	}
	if !slices.Contains(words(filepath.Join(own, "cgroup.controllers")), "memory") {
		if hybrid {
			return watched("the memory controller is of version 1 here, and no group was named to divide"), nil
		}
		return watched("the memory controller is not given to the control group " + own), nil
	}
	dir := own
	if filepath.Base(own) == leaf { // this process, or the agent that started it, has divided the group around it before
		dir = filepath.Dir(own)
	}
	switch {
	case !delegated(dir):
		return watched("the control group " + dir + " was not delegated to this process"), nil
	case unix.Access(dir, unix.W_OK) != nil:
		return watched("the control group " + dir + " cannot be written to"), nil
	case !alone(dir) || dir != own && !alone(own):
		return watched("other processes are in the control group " + own + " too"), nil
	}
	return Method{Kind: V2, Dir: dir}, nil
}

// named checks a group that somebody has named.
func named(dir string) (Method, error) {
	if _, err := os.Stat(dir); err != nil {
		return Method{}, err
	}
	m := Method{Dir: filepath.Clean(dir)}
	switch {
	case exists(filepath.Join(dir, "cgroup.controllers")):
		m.Kind = V2
		if !slices.Contains(words(filepath.Join(dir, "cgroup.controllers")), "memory") {
			return Method{}, fmt.Errorf("the control group %s has no memory controller", dir)
		}
		if !alone(dir) {
			return Method{}, fmt.Errorf("processes are in the control group %s, so it cannot be divided", dir)
		}
	case exists(filepath.Join(dir, "memory.limit_in_bytes")):
		m.Kind = V1
	default:
		return Method{}, fmt.Errorf("%s is no control group of the memory controller", dir)
	}
	if err := unix.Access(dir, unix.W_OK); err != nil {
		return Method{}, fmt.Errorf("the control group %s cannot be written to: %w", dir, err)
	}
	return m, nil
}

// ownGroup returns the directory of this process's group of version 2, and whether version 1 is there as well.
func ownGroup(root string) (dir string, hybrid bool, err error) {
	data, err := os.ReadFile(filepath.Join(root, "proc/self/cgroup"))
	if err != nil {
		return "", false, errors.New("there are no control groups")
	}
	mount := filepath.Join(root, "sys/fs/cgroup")
	if !exists(filepath.Join(mount, "cgroup.controllers")) {
		mount, hybrid = filepath.Join(mount, "unified"), true
	}
	for line := range strings.Lines(string(data)) {
		if at, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok && exists(filepath.Join(mount, "cgroup.controllers")) {
			dir = filepath.Join(mount, path.Clean("/"+at))
			if !exists(dir) {
				return "", hybrid, fmt.Errorf("the control group %s is not visible here", at)
			}
			return dir, hybrid, nil
		}
	}
	return "", hybrid, nil
}

// delegated says whether a group was given away to be divided: systemd marks it, and the root of a hierarchy that is not the
// machine's (only the machine's has no events file) is a container's own.
func delegated(dir string) bool {
	buf := make([]byte, 8)
	for _, name := range []string{"user.delegate", "trusted.delegate"} {
		if n, err := unix.Getxattr(dir, name, buf); err == nil && string(buf[:n]) == "1" {
			return true
		}
	}
	return exists(filepath.Join(dir, "cgroup.events")) && !exists(filepath.Join(filepath.Dir(dir), "cgroup.controllers"))
}

// alone says whether no process but this one is in the group itself.
func alone(dir string) bool {
	self := strconv.Itoa(os.Getpid())
	return !slices.ContainsFunc(words(filepath.Join(dir, "cgroup.procs")), func(pid string) bool { return pid != self })
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// words reads a file of words; one that cannot be read has none.
func words(file string) []string {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	return strings.Fields(string(data))
}

// number reads the number in a file, or after a name in a file of lines "name number"; 0 if it is not there.
func number(file, name string) int64 {
	fields := words(file)
	for i, f := range fields {
		if name == "" || i > 0 && fields[i-1] == name {
			n, err := strconv.ParseInt(f, 10, 64)
			if err != nil || n >= 1<<60 { // "max", and the number that stands for it in version 1
				return 0
			}
			return n
		}
	}
	return 0
}
