package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/scimhub/scimhub/storage"
)

// checkEncryptionKey never repeats the value. Several hubs may share a
// PostgreSQL database, so that there is no place for a key file.
func (c Config) checkEncryptionKey() error {
	if c.EncryptionKey == "" {
		if c.Serves && isPostgres(c.Database) {
			return fmt.Errorf("is missing; on PostgreSQL set SCIMHUB_ENCRYPTION_KEY to base64 of %[1]d bytes, the same for all hubs: openssl rand -base64 %[1]d makes one", storage.KeySize)
		}
		return nil
	}
	_, err := decodeKey(c.EncryptionKey)
	return err
}

func decodeKey(text string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != storage.KeySize {
		return nil, fmt.Errorf("the key must be base64 of %d bytes; make one with: openssl rand -base64 %d", storage.KeySize, storage.KeySize)
	}
	return key, nil
}

// encryptionKey gives the key that secrets are sealed with: that of the
// configuration, or that of the file beside the SQLite database, which is made
// where there is none.
func (c Config) encryptionKey() ([]byte, error) {
	if c.EncryptionKey != "" {
		return decodeKey(c.EncryptionKey)
	}
	return keyFile(strings.TrimPrefix(c.Database, "sqlite:") + ".key")
}

// keyFile reads a key file, or makes it.
func keyFile(path string) ([]byte, error) {
	data, err := os.ReadFile(path) //nolint:gosec // the path is the operator's
	if errors.Is(err, fs.ErrNotExist) {
		data, err = makeKeyFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	key, err := decodeKey(string(data))
	if err != nil {
		return nil, fmt.Errorf("key file %s: %w", path, err)
	}
	return key, nil
}

// makeKeyFile makes a key file that its owner alone can read. One that another
// process made meanwhile is left as it is, and read.
func makeKeyFile(path string) ([]byte, error) {
	key := make([]byte, storage.KeySize)
	_, _ = rand.Read(key) // never fails (crypto/rand)
	data := []byte(base64.StdEncoding.EncodeToString(key) + "\n")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // the path is the operator's
	if errors.Is(err, fs.ErrExist) {
		return os.ReadFile(path) //nolint:gosec // the path is the operator's
	}
	if err != nil {
		return nil, err
	}
	_, err = f.Write(data)
	return data, errors.Join(err, f.Sync(), f.Close())
}
