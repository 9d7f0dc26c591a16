package storage_test

import (
	"testing"

	"github.com/scimhub/scimhub/storage/storagetest"
)

func TestSQLite(t *testing.T) {
	storagetest.Run(t, storagetest.Engine{DSN: storagetest.SQLiteDSN, OneWriter: true})
}

func TestPostgres(t *testing.T) {
	storagetest.Run(t, storagetest.Engine{DSN: storagetest.PostgresDSN})
}
