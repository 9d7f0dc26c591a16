package storage

import "time"

// micros is how a time is stored: microseconds since 1970 UTC.
func micros(t time.Time) int64 { return t.UnixMicro() }

func instant(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

// optionalMicros gives nil for the zero time.
func optionalMicros(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	us := micros(t)
	return &us
}

// optionalInstant gives the zero time for nil.
func optionalInstant(micros *int64) time.Time {
	if micros == nil {
		return time.Time{}
	}
	return instant(*micros)
}
