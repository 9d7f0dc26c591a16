package storage

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"
)

// postgresSession is an open transaction.
type postgresSession struct {
	engine *postgres
	tx     *gorm.DB
	conn   *sql.Conn // that the transaction runs on
}

func (s *postgresSession) query(ctx context.Context) *gorm.DB { return s.tx.WithContext(ctx) }

func (s *postgresSession) lock(ctx context.Context, number int64) error {
	return s.tx.WithContext(ctx).Exec("SELECT pg_advisory_xact_lock(?)", number).Error
}

// maxNotification is the most bytes that NOTIFY carries.
const maxNotification = 7999

// notify sends "" instead of a text that is too long: look at everything.
func (s *postgresSession) notify(ctx context.Context, channel, text string) error {
	if len(text) > maxNotification {
		text = ""
	}
	return s.tx.WithContext(ctx).Exec("SELECT pg_notify(?, ?)", channel, text).Error
}

// execute sends all statements at once and reads their results: one round trip,
// however many they are.
func (s *postgresSession) execute(ctx context.Context, list []statement) error {
	batch := &pgx.Batch{}
	for _, st := range list {
		batch.Queue(numbered(st.sql), st.args...)
	}
	return s.conn.Raw(func(driverConn any) error {
		conn, ok := driverConn.(*tenantConn)
		if !ok {
			return fmt.Errorf("a connection is a %T", driverConn)
		}
		pg := conn.Conn.Conn()
		if pg.PgConn().TxStatus() == 'I' { // rolled back when its context ended
			return sql.ErrTxDone
		}
		results := pg.SendBatch(ctx, batch)
		err := s.results(results, list)
		if closing := results.Close(); err == nil {
			err = closing // otherwise it is the same error again
		}
		return err
	})
}

func (s *postgresSession) results(results pgx.BatchResults, list []statement) error {
	for _, st := range list {
		tag, err := results.Exec()
		if err := st.outcome(s.engine, tag.RowsAffected(), err); err != nil {
			return err
		}
	}
	return nil
}
