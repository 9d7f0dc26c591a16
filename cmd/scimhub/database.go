package main

import (
	"net/url"
	"strings"
)

func isPostgres(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

// redactDatabase gives a database setting without its secrets, for logs.
func redactDatabase(dsn string) string {
	if !isPostgres(dsn) {
		return dsn
	}
	u, err := url.Parse(dsn)
	if err != nil {
		return "postgres://…"
	}
	query := u.Query()
	for _, name := range []string{"password", "sslpassword", "passfile"} {
		query.Del(name)
	}
	u.RawQuery = query.Encode()
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	return u.String()
}
