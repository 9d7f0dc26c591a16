-- The log of events. A change inserts its events without a position; positions
-- are given after the commit, so that their order is that of visibility.
-- "number" only orders the events that have none yet. The payload is text: its
-- bytes are what is signed and sent.
-- The primary key begins with the time so that the table can be partitioned by it.

-- +goose Up
CREATE TABLE events (
    number          BIGINT GENERATED ALWAYS AS IDENTITY,
    organization_id TEXT COLLATE "C" NOT NULL,
    id              TEXT COLLATE "C" NOT NULL,
    directory_id    TEXT COLLATE "C" NOT NULL,
    type            TEXT COLLATE "C" NOT NULL,
    resource_type   TEXT COLLATE "C" NOT NULL,
    resource_id     TEXT COLLATE "C" NOT NULL,
    sequence        BIGINT NOT NULL CHECK (sequence > 0),
    payload         TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    position        BIGINT,
    PRIMARY KEY (created_at, number)
);
CREATE INDEX events_unpositioned ON events (number) WHERE position IS NULL;

ALTER TABLE events ENABLE ROW LEVEL SECURITY;
ALTER TABLE events FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON events
    USING (organization_id = (SELECT current_setting('scimhub.organization_id', true))
        OR (SELECT current_setting('scimhub.organization_id', true)) = '*');
