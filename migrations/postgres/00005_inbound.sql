-- Sources, and what they send.
--
-- A message is kept once for each source. It belongs to the organization whose
-- directory it goes to, and to that of the source while no mapping fits.

-- +goose Up
CREATE TABLE sources (
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organizations (id),
    id              TEXT COLLATE "C" NOT NULL,
    slug            TEXT COLLATE "C", -- NULL: its address is the id alone
    name            TEXT COLLATE "C" NOT NULL,
    kind            TEXT COLLATE "C" NOT NULL,
    active          BOOLEAN NOT NULL,
    settings        TEXT COLLATE "C" NOT NULL, -- JSON
    credentials     BYTEA NOT NULL, -- sealed
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX sources_slug ON sources (slug) WHERE slug IS NOT NULL;
CREATE INDEX sources_id ON sources (id);

CREATE TABLE inbox_messages (
    number                BIGINT GENERATED ALWAYS AS IDENTITY,
    organization_id       TEXT COLLATE "C" NOT NULL,
    id                    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    source_id             TEXT COLLATE "C" NOT NULL,
    upstream_id           TEXT COLLATE "C" NOT NULL, -- the vendor's id of the message
    type                  TEXT COLLATE "C" NOT NULL,
    upstream_organization TEXT COLLATE "C" NOT NULL,
    upstream_directory    TEXT COLLATE "C" NOT NULL,
    object_type           TEXT COLLATE "C" NOT NULL,
    object_id             TEXT COLLATE "C" NOT NULL,
    occurred_at           BIGINT NOT NULL,
    received_at           BIGINT NOT NULL,
    body                  TEXT NOT NULL,
    status                TEXT COLLATE "C" NOT NULL,
    attempts              INTEGER NOT NULL DEFAULT 0,
    next_at               BIGINT NOT NULL DEFAULT 0, -- 0: it was never put off
    early                 BOOLEAN NOT NULL DEFAULT FALSE, -- put off until its object comes, which those behind it may bring
    detail                TEXT COLLATE "C" NOT NULL DEFAULT '',
    resource_id           TEXT COLLATE "C" NOT NULL DEFAULT '',
    finished_at           BIGINT
);
CREATE UNIQUE INDEX inbox_messages_upstream ON inbox_messages (source_id, upstream_id);
CREATE INDEX inbox_messages_list ON inbox_messages (source_id, number);
CREATE INDEX inbox_messages_status ON inbox_messages (source_id, status, number);
CREATE INDEX inbox_messages_waiting ON inbox_messages (source_id, object_type, object_id, number) WHERE status = 'pending' AND next_at > 0;
CREATE INDEX inbox_messages_received ON inbox_messages (received_at);

-- What is known of the users and groups of a source: when they last changed
-- there, so that what is older is not applied any more, and whether they are
-- gone there.
CREATE TABLE upstream_objects (
    organization_id TEXT COLLATE "C" NOT NULL,
    source_id       TEXT COLLATE "C" NOT NULL,
    type            TEXT COLLATE "C" NOT NULL,
    upstream_id     TEXT COLLATE "C" NOT NULL,
    changed_at      BIGINT NOT NULL,
    deleted         BOOLEAN NOT NULL,
    PRIMARY KEY (organization_id, source_id, type, upstream_id)
);

-- Who a source says is a member of what. A row is unsettled until the directory
-- says so too, which it can't before both the group and the user have come.
CREATE TABLE upstream_memberships (
    organization_id TEXT COLLATE "C" NOT NULL,
    source_id       TEXT COLLATE "C" NOT NULL,
    group_id        TEXT COLLATE "C" NOT NULL, -- the vendor's
    user_id         TEXT COLLATE "C" NOT NULL, -- the vendor's
    member          BOOLEAN NOT NULL,
    changed_at      BIGINT NOT NULL, -- at the vendor
    settled         BOOLEAN NOT NULL,
    since           BIGINT NOT NULL, -- when it came
    PRIMARY KEY (organization_id, source_id, group_id, user_id)
);
CREATE INDEX upstream_memberships_user ON upstream_memberships (organization_id, source_id, user_id);
CREATE INDEX upstream_memberships_unsettled ON upstream_memberships (source_id, since) WHERE NOT settled;

ALTER TABLE sources ENABLE ROW LEVEL SECURITY;
ALTER TABLE sources FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sources
    USING (organization_id = (SELECT current_setting('scimhub.organization_id', true))
        OR (SELECT current_setting('scimhub.organization_id', true)) = '*');

ALTER TABLE inbox_messages ENABLE ROW LEVEL SECURITY;
ALTER TABLE inbox_messages FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON inbox_messages
    USING (organization_id = (SELECT current_setting('scimhub.organization_id', true))
        OR (SELECT current_setting('scimhub.organization_id', true)) = '*');

ALTER TABLE upstream_objects ENABLE ROW LEVEL SECURITY;
ALTER TABLE upstream_objects FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON upstream_objects
    USING (organization_id = (SELECT current_setting('scimhub.organization_id', true))
        OR (SELECT current_setting('scimhub.organization_id', true)) = '*');

ALTER TABLE upstream_memberships ENABLE ROW LEVEL SECURITY;
ALTER TABLE upstream_memberships FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON upstream_memberships
    USING (organization_id = (SELECT current_setting('scimhub.organization_id', true))
        OR (SELECT current_setting('scimhub.organization_id', true)) = '*');
