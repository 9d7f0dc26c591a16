-- Sources, and what they send.
--
-- A message is kept once for each source. It belongs to the organization whose
-- directory it goes to, and to that of the source while no mapping fits.

-- +goose Up
CREATE TABLE sources (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    slug            TEXT, -- NULL: its address is the id alone
    name            TEXT NOT NULL,
    kind            TEXT NOT NULL,
    active          INTEGER NOT NULL,
    settings        TEXT NOT NULL, -- JSON
    credentials     BLOB NOT NULL, -- sealed
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    PRIMARY KEY (organization_id, id)
) STRICT;
CREATE UNIQUE INDEX sources_slug ON sources (slug) WHERE slug IS NOT NULL;
CREATE INDEX sources_id ON sources (id);

CREATE TABLE inbox_messages (
    number                INTEGER PRIMARY KEY,
    organization_id       TEXT NOT NULL,
    id                    TEXT NOT NULL UNIQUE,
    source_id             TEXT NOT NULL,
    upstream_id           TEXT NOT NULL, -- the vendor's id of the message
    type                  TEXT NOT NULL,
    upstream_organization TEXT NOT NULL,
    upstream_directory    TEXT NOT NULL,
    object_type           TEXT NOT NULL,
    object_id             TEXT NOT NULL,
    occurred_at           INTEGER NOT NULL,
    received_at           INTEGER NOT NULL,
    body                  TEXT NOT NULL,
    status                TEXT NOT NULL,
    attempts              INTEGER NOT NULL DEFAULT 0,
    next_at               INTEGER NOT NULL DEFAULT 0, -- 0: it was never put off
    early                 INTEGER NOT NULL DEFAULT 0, -- put off until its object comes, which those behind it may bring
    detail                TEXT NOT NULL DEFAULT '',
    resource_id           TEXT NOT NULL DEFAULT '',
    finished_at           INTEGER
) STRICT;
CREATE UNIQUE INDEX inbox_messages_upstream ON inbox_messages (source_id, upstream_id);
CREATE INDEX inbox_messages_list ON inbox_messages (source_id, number);
CREATE INDEX inbox_messages_status ON inbox_messages (source_id, status, number);
CREATE INDEX inbox_messages_waiting ON inbox_messages (source_id, object_type, object_id, number) WHERE status = 'pending' AND next_at > 0;
CREATE INDEX inbox_messages_received ON inbox_messages (received_at);

-- What is known of the users and groups of a source: when they last changed
-- there, so that what is older is not applied any more, and whether they are
-- gone there.
CREATE TABLE upstream_objects (
    organization_id TEXT NOT NULL,
    source_id       TEXT NOT NULL,
    type            TEXT NOT NULL,
    upstream_id     TEXT NOT NULL,
    changed_at      INTEGER NOT NULL,
    deleted         INTEGER NOT NULL,
    PRIMARY KEY (organization_id, source_id, type, upstream_id)
) STRICT, WITHOUT ROWID;

-- Who a source says is a member of what. A row is unsettled until the directory
-- says so too, which it can't before both the group and the user have come.
CREATE TABLE upstream_memberships (
    organization_id TEXT NOT NULL,
    source_id       TEXT NOT NULL,
    group_id        TEXT NOT NULL, -- the vendor's
    user_id         TEXT NOT NULL, -- the vendor's
    member          INTEGER NOT NULL,
    changed_at      INTEGER NOT NULL, -- at the vendor
    settled         INTEGER NOT NULL,
    since           INTEGER NOT NULL, -- when it came
    PRIMARY KEY (organization_id, source_id, group_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX upstream_memberships_user ON upstream_memberships (organization_id, source_id, user_id);
CREATE INDEX upstream_memberships_unsettled ON upstream_memberships (source_id, since) WHERE NOT settled;
