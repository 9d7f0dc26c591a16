-- Subscriptions, and what is queued for them.
--
-- Positions are given to events after their commit, one pass at a time, from the
-- counter in event_log: a position that is visible will never have a smaller one
-- appear behind it. Deliveries take their positions from the same counter. An
-- event with an audience goes to that subscription alone and not into the feed.

-- +goose Up
ALTER TABLE events ADD COLUMN audience TEXT COLLATE "C";
CREATE UNIQUE INDEX events_id ON events (organization_id, id, created_at);
CREATE INDEX events_feed ON events (organization_id, position) WHERE position IS NOT NULL AND audience IS NULL;
CREATE INDEX events_resource ON events (organization_id, resource_id, position) WHERE position IS NOT NULL AND audience IS NULL;

CREATE TABLE event_log (
    only_row BOOLEAN NOT NULL PRIMARY KEY DEFAULT TRUE CHECK (only_row),
    position BIGINT NOT NULL
);
INSERT INTO event_log (position) VALUES (0);

-- The greatest position that retention removed from an organization's feed: a
-- cursor before it has missed something.
CREATE TABLE event_floors (
    organization_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    position        BIGINT NOT NULL
);

CREATE TABLE subscriptions (
    organization_id    TEXT COLLATE "C" NOT NULL REFERENCES organizations (id),
    id                 TEXT COLLATE "C" NOT NULL,
    name               TEXT COLLATE "C" NOT NULL,
    url                TEXT COLLATE "C" NOT NULL,
    active             BOOLEAN NOT NULL,
    events             TEXT COLLATE "C" NOT NULL, -- JSON: names and versions
    format             TEXT COLLATE "C" NOT NULL,
    ordering           TEXT COLLATE "C" NOT NULL,
    on_exhausted       TEXT COLLATE "C" NOT NULL,
    signature          TEXT COLLATE "C" NOT NULL,
    rate_limit         INTEGER NOT NULL, -- deliveries per second; 0: none
    credentials        BYTEA NOT NULL, -- sealed
    fingerprint        TEXT COLLATE "C" NOT NULL, -- of what makes two subscriptions the same
    deactivated_at     BIGINT, -- by the hub
    deactivated_reason TEXT COLLATE "C" NOT NULL,
    sequence           BIGINT NOT NULL, -- counts the events about the subscription
    created_at         BIGINT NOT NULL,
    updated_at         BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX subscriptions_fingerprint ON subscriptions (organization_id, fingerprint);

-- What something is queued for: subscriptions, and later sources. A consumer is served by the hub that holds its
-- lease. "generation" rises whenever something is queued, so that a hub that
-- found nothing to do can tell whether that is still so.
CREATE TABLE consumers (
    organization_id TEXT COLLATE "C" NOT NULL,
    id              TEXT COLLATE "C" NOT NULL,
    kind            TEXT COLLATE "C" NOT NULL,
    enabled         BOOLEAN NOT NULL,
    generation      BIGINT NOT NULL DEFAULT 0,
    ready_at        BIGINT NOT NULL DEFAULT 0, -- when there is something to do
    lease_owner     TEXT COLLATE "C" NOT NULL DEFAULT '',
    lease_until     BIGINT NOT NULL DEFAULT 0, -- by the clock of the database
    failures        INTEGER NOT NULL DEFAULT 0, -- transport failures since the last answer
    failing_since   BIGINT, -- the first failure since the last success
    paused_until    BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX consumers_ready ON consumers (kind, ready_at) WHERE enabled;

-- A delivery waits here until it is done with. "next_at" is 0 for one that was
-- never put off.
CREATE TABLE delivery_queue (
    organization_id TEXT COLLATE "C" NOT NULL,
    consumer_id     TEXT COLLATE "C" NOT NULL,
    position        BIGINT NOT NULL,
    event_id        TEXT COLLATE "C" NOT NULL,
    event_type      TEXT COLLATE "C" NOT NULL,
    lane            TEXT COLLATE "C" NOT NULL, -- what is delivered in order
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_at         BIGINT NOT NULL DEFAULT 0,
    replay          BOOLEAN NOT NULL DEFAULT FALSE,
    queued_at       BIGINT NOT NULL,
    PRIMARY KEY (organization_id, consumer_id, position)
);
CREATE INDEX delivery_queue_waiting ON delivery_queue (organization_id, consumer_id, lane, position) WHERE next_at > 0;
CREATE INDEX delivery_queue_due ON delivery_queue (organization_id, consumer_id, next_at) WHERE next_at > 0;
CREATE INDEX delivery_queue_replay ON delivery_queue (organization_id, consumer_id, event_id) WHERE replay;

CREATE TABLE delivery_attempts (
    organization_id TEXT COLLATE "C" NOT NULL,
    consumer_id     TEXT COLLATE "C" NOT NULL,
    position        BIGINT NOT NULL,
    number          INTEGER NOT NULL,
    event_id        TEXT COLLATE "C" NOT NULL,
    event_type      TEXT COLLATE "C" NOT NULL,
    replay          BOOLEAN NOT NULL,
    queued_at       BIGINT NOT NULL,
    started_at      BIGINT NOT NULL,
    duration        BIGINT NOT NULL, -- microseconds
    status_code     INTEGER NOT NULL, -- of the answer; 0: there was none
    failure         TEXT COLLATE "C" NOT NULL,
    error           TEXT COLLATE "C" NOT NULL,
    response_head   TEXT COLLATE "C" NOT NULL,
    outcome         TEXT COLLATE "C" NOT NULL CHECK (outcome IN ('delivered', 'retry', 'dead')),
    next_at         BIGINT,
    PRIMARY KEY (organization_id, consumer_id, position, number)
);
CREATE INDEX delivery_attempts_started ON delivery_attempts (started_at);
CREATE INDEX delivery_attempts_dead ON delivery_attempts (organization_id, consumer_id, position) WHERE outcome = 'dead';
CREATE INDEX delivery_attempts_replay ON delivery_attempts (organization_id, consumer_id, event_id) WHERE replay;

-- Keys that the hub itself signs with, newest first by id.
CREATE TABLE signing_keys (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    private    BYTEA NOT NULL, -- sealed
    created_at BIGINT NOT NULL
);

-- What of the counter is visible tells nothing of another organization but that
-- something happened.
ALTER TABLE event_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE event_log FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON event_log
    USING (TRUE);

ALTER TABLE event_floors ENABLE ROW LEVEL SECURITY;
ALTER TABLE event_floors FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON event_floors
    USING (organization_id = (SELECT current_setting('scimhub.organization_id', true))
        OR (SELECT current_setting('scimhub.organization_id', true)) = '*');

ALTER TABLE subscriptions ENABLE ROW LEVEL SECURITY;
ALTER TABLE subscriptions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON subscriptions
    USING (organization_id = (SELECT current_setting('scimhub.organization_id', true))
        OR (SELECT current_setting('scimhub.organization_id', true)) = '*');

ALTER TABLE consumers ENABLE ROW LEVEL SECURITY;
ALTER TABLE consumers FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON consumers
    USING (organization_id = (SELECT current_setting('scimhub.organization_id', true))
        OR (SELECT current_setting('scimhub.organization_id', true)) = '*');

ALTER TABLE delivery_queue ENABLE ROW LEVEL SECURITY;
ALTER TABLE delivery_queue FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON delivery_queue
    USING (organization_id = (SELECT current_setting('scimhub.organization_id', true))
        OR (SELECT current_setting('scimhub.organization_id', true)) = '*');

ALTER TABLE delivery_attempts ENABLE ROW LEVEL SECURITY;
ALTER TABLE delivery_attempts FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON delivery_attempts
    USING (organization_id = (SELECT current_setting('scimhub.organization_id', true))
        OR (SELECT current_setting('scimhub.organization_id', true)) = '*');

ALTER TABLE signing_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE signing_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON signing_keys
    USING ((SELECT current_setting('scimhub.organization_id', true)) = '*');
