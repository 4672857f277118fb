package main

import (
	"context"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

//go:embed peers/*.py peers/requirements.txt
var peerFiles embed.FS

// python is the interpreter of the peers' environment.
func python(cache string) string {
	if runtime.GOOS == "windows" {
		return filepath.Join(cache, "venv", "Scripts", "python.exe")
	}
	return filepath.Join(cache, "venv", "bin", "python")
}

// install makes the peers' environment.
func install(ctx context.Context, cache string) error {
	dir, err := unpackPeers()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary directory
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	for _, args := range [][]string{
		{"python3", "-m", "venv", filepath.Join(cache, "venv")},
		{python(cache), "-m", "pip", "install", "-r", filepath.Join(dir, "requirements.txt")},
	} {
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("bench: installing the peers: %v: %w", args, err)
		}
	}
	return nil
}

// unpackPeers writes the peers' scripts to a new temporary directory.
func unpackPeers() (string, error) {
	dir, err := os.MkdirTemp("", "sheaf-bench-")
	if err != nil {
		return "", fmt.Errorf("bench: %w", err)
	}
	entries, err := peerFiles.ReadDir("peers")
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		text, err := peerFiles.ReadFile("peers/" + e.Name())
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(dir, e.Name()), text, 0o644); err != nil {
			return "", fmt.Errorf("bench: %w", err)
		}
	}
	return dir, nil
}
