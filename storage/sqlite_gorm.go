package storage

import (
	"database/sql"

	"gorm.io/gorm"
	"gorm.io/gorm/callbacks"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/migrator"
	"gorm.io/gorm/schema"
)

// sqliteDialector tells gorm how to speak to SQLite through the driver of
// modernc.org/sqlite itself. The dialector that gorm's documentation names for
// pure Go brings an older copy of that driver along, which parses a statement
// each time it runs: five times the cost of reading a user.
type sqliteDialector struct{ pool *sql.DB }

// Name implements gorm.Dialector.
func (sqliteDialector) Name() string { return "sqlite" }

// Initialize implements gorm.Dialector.
func (d sqliteDialector) Initialize(db *gorm.DB) error {
	db.ConnPool = d.pool
	callbacks.RegisterDefaultCallbacks(db, &callbacks.Config{
		CreateClauses: []string{"INSERT", "VALUES", "ON CONFLICT", "RETURNING"},
		UpdateClauses: []string{"UPDATE", "SET", "FROM", "WHERE", "RETURNING"},
		DeleteClauses: []string{"DELETE", "FROM", "WHERE", "RETURNING"},
	})
	return nil
}

// Migrator implements gorm.Dialector. Migrations are SQL files: what gorm could
// do by itself is never called.
func (d sqliteDialector) Migrator(db *gorm.DB) gorm.Migrator {
	return migrator.Migrator{Config: migrator.Config{DB: db, Dialector: d}}
}

// DataTypeOf implements gorm.Dialector.
func (sqliteDialector) DataTypeOf(*schema.Field) string { return "" }

// DefaultValueOf implements gorm.Dialector.
func (sqliteDialector) DefaultValueOf(*schema.Field) clause.Expression {
	return clause.Expr{SQL: "NULL"}
}

// BindVarTo implements gorm.Dialector.
func (sqliteDialector) BindVarTo(writer clause.Writer, _ *gorm.Statement, _ any) {
	_ = writer.WriteByte('?') // to a strings.Builder
}

// QuoteTo implements gorm.Dialector. Names are those of our own rows.
func (sqliteDialector) QuoteTo(writer clause.Writer, name string) {
	_, _ = writer.WriteString(name) // to a strings.Builder
}

// Explain implements gorm.Dialector.
func (sqliteDialector) Explain(query string, args ...any) string {
	return logger.ExplainSQL(query, nil, `'`, args...)
}
