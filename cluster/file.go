package cluster

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"sheaf/internal/schedulerfile"
	"sheaf/internal/transport"
)

// writeFile tells those who share a file system with the scheduler where it is.
func (s *Scheduler) writeFile() error {
	if s.conf.File == "" {
		return nil
	}
	path, err := filepath.Abs(s.conf.File) // the working directory may be another one at the end
	if err != nil {
		return fmt.Errorf("cluster: the scheduler's file: %w", err)
	}
	s.file, s.conf.File = &schedulerfile.File{
		URL: transport.WithHost(s.URL(), hostname()), Dashboard: transport.WithHost(s.DashboardLink(), hostname()),
		Cluster: s.conf.Name, Token: s.conf.Security.Token, Host: hostname(), PID: os.Getpid(), Started: time.Now(),
	}, path
	if err := s.file.Write(path); err != nil {
		s.file = nil
		return fmt.Errorf("cluster: the scheduler's file: %w", err)
	}
	return nil
}

// removeFile removes it, unless another scheduler has written it since.
func (s *Scheduler) removeFile() error {
	if s.file == nil {
		return nil
	}
	return s.file.Remove(s.conf.File)
}

// find reads the file that an address "file:PATH" names, and waits for it until ctx ends. URL, cluster and token become what stands there, the last two
// only if they are not given. It returns nil for another address.
func find(ctx context.Context, url, cluster *string, s *Security) (*schedulerfile.File, error) {
	path, ok := schedulerfile.Path(*url)
	if !ok {
		return nil, nil //nolint:nilnil // nothing to find
	}
	f, err := schedulerfile.Read(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	*url, *cluster, s.Token = f.URL, cmp.Or(*cluster, f.Cluster), cmp.Or(s.Token, f.Token)
	return f, nil
}
