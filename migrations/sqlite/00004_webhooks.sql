-- Subscriptions, and what is queued for them.
--
-- Positions are given to events after their commit, one pass at a time, from the
-- counter in event_log: a position that is visible will never have a smaller one
-- appear behind it. Deliveries take their positions from the same counter. An
-- event with an audience goes to that subscription alone and not into the feed.

-- +goose Up
ALTER TABLE events ADD COLUMN audience TEXT;
CREATE UNIQUE INDEX events_id ON events (organization_id, id);
CREATE INDEX events_created ON events (created_at);
CREATE INDEX events_feed ON events (organization_id, position) WHERE position IS NOT NULL AND audience IS NULL;
CREATE INDEX events_resource ON events (organization_id, resource_id, position) WHERE position IS NOT NULL AND audience IS NULL;

CREATE TABLE event_log (
    only_row INTEGER NOT NULL PRIMARY KEY DEFAULT 1 CHECK (only_row),
    position INTEGER NOT NULL
) STRICT;
INSERT INTO event_log (position) VALUES (0);

-- The greatest position that retention removed from an organization's feed: a
-- cursor before it has missed something.
CREATE TABLE event_floors (
    organization_id TEXT NOT NULL PRIMARY KEY,
    position        INTEGER NOT NULL
) STRICT;

CREATE TABLE subscriptions (
    organization_id    TEXT NOT NULL REFERENCES organizations (id),
    id                 TEXT NOT NULL,
    name               TEXT NOT NULL,
    url                TEXT NOT NULL,
    active             INTEGER NOT NULL,
    events             TEXT NOT NULL, -- JSON: names and versions
    format             TEXT NOT NULL,
    ordering           TEXT NOT NULL,
    on_exhausted       TEXT NOT NULL,
    signature          TEXT NOT NULL,
    rate_limit         INTEGER NOT NULL, -- deliveries per second; 0: none
    credentials        BLOB NOT NULL, -- sealed
    fingerprint        TEXT NOT NULL, -- of what makes two subscriptions the same
    deactivated_at     INTEGER, -- by the hub
    deactivated_reason TEXT NOT NULL,
    sequence           INTEGER NOT NULL, -- counts the events about the subscription
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    PRIMARY KEY (organization_id, id)
) STRICT;
CREATE UNIQUE INDEX subscriptions_fingerprint ON subscriptions (organization_id, fingerprint);

-- What something is queued for: subscriptions, and later sources. A consumer is served by the hub that holds its
-- lease. "generation" rises whenever something is queued, so that a hub that
-- found nothing to do can tell whether that is still so.
CREATE TABLE consumers (
    organization_id TEXT NOT NULL,
    id              TEXT NOT NULL,
    kind            TEXT NOT NULL,
    enabled         INTEGER NOT NULL,
    generation      INTEGER NOT NULL DEFAULT 0,
    ready_at        INTEGER NOT NULL DEFAULT 0, -- when there is something to do
    lease_owner     TEXT NOT NULL DEFAULT '',
    lease_until     INTEGER NOT NULL DEFAULT 0, -- by the clock of the database
    failures        INTEGER NOT NULL DEFAULT 0, -- transport failures since the last answer
    failing_since   INTEGER, -- the first failure since the last success
    paused_until    INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (organization_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX consumers_ready ON consumers (kind, ready_at) WHERE enabled;

-- A delivery waits here until it is done with. "next_at" is 0 for one that was
-- never put off.
CREATE TABLE delivery_queue (
    organization_id TEXT NOT NULL,
    consumer_id     TEXT NOT NULL,
    position        INTEGER NOT NULL,
    event_id        TEXT NOT NULL,
    event_type      TEXT NOT NULL,
    lane            TEXT NOT NULL, -- what is delivered in order
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_at         INTEGER NOT NULL DEFAULT 0,
    replay          INTEGER NOT NULL DEFAULT 0,
    queued_at       INTEGER NOT NULL,
    PRIMARY KEY (organization_id, consumer_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_queue_waiting ON delivery_queue (organization_id, consumer_id, lane, position) WHERE next_at > 0;
CREATE INDEX delivery_queue_due ON delivery_queue (organization_id, consumer_id, next_at) WHERE next_at > 0;
CREATE INDEX delivery_queue_replay ON delivery_queue (organization_id, consumer_id, event_id) WHERE replay;

CREATE TABLE delivery_attempts (
    organization_id TEXT NOT NULL,
    consumer_id     TEXT NOT NULL,
    position        INTEGER NOT NULL,
    number          INTEGER NOT NULL,
    event_id        TEXT NOT NULL,
    event_type      TEXT NOT NULL,
    replay          INTEGER NOT NULL,
    queued_at       INTEGER NOT NULL,
    started_at      INTEGER NOT NULL,
    duration        INTEGER NOT NULL, -- microseconds
    status_code     INTEGER NOT NULL, -- of the answer; 0: there was none
    failure         TEXT NOT NULL,
    error           TEXT NOT NULL,
    response_head   TEXT NOT NULL,
    outcome         TEXT NOT NULL CHECK (outcome IN ('delivered', 'retry', 'dead')),
    next_at         INTEGER,
    PRIMARY KEY (organization_id, consumer_id, position, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_attempts_started ON delivery_attempts (started_at);
CREATE INDEX delivery_attempts_dead ON delivery_attempts (organization_id, consumer_id, position) WHERE outcome = 'dead';
CREATE INDEX delivery_attempts_replay ON delivery_attempts (organization_id, consumer_id, event_id) WHERE replay;

-- Keys that the hub itself signs with, newest first by id.
CREATE TABLE signing_keys (
    id         TEXT NOT NULL PRIMARY KEY,
    private    BLOB NOT NULL, -- sealed
    created_at INTEGER NOT NULL
) STRICT;
