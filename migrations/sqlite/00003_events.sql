-- The log of events. A change inserts its events without a position; positions
-- are given after the commit, so that their order is that of visibility.
-- "number" only orders the events that have none yet. The payload is text: its
-- bytes are what is signed and sent.

-- +goose Up
CREATE TABLE events (
    number          INTEGER PRIMARY KEY,
    organization_id TEXT NOT NULL,
    id              TEXT NOT NULL,
    directory_id    TEXT NOT NULL,
    type            TEXT NOT NULL,
    resource_type   TEXT NOT NULL,
    resource_id     TEXT NOT NULL,
    sequence        INTEGER NOT NULL CHECK (sequence > 0),
    payload         TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    position        INTEGER
) STRICT;
CREATE INDEX events_unpositioned ON events (number) WHERE position IS NULL;
