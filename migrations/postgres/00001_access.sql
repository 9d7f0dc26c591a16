-- Who may use the hub: organizations, their directories, the tokens that speak
-- for them.
--
-- Ids are TEXT and times are microseconds since 1970 UTC, as on the other
-- engine, so that both order and compare alike.
--
-- Row-level security is the second fence between organizations, behind the
-- WHERE clauses of the hub. The hub names the organization that a connection
-- works for in the setting scimhub.organization_id; "*" is the hub itself, which
-- looks up tokens before it knows their organization. A connection that names
-- none sees and writes nothing. The setting is read in a sub-select so that it
-- is read once for a statement, not for each row.

-- +goose Up
CREATE TABLE organizations (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name       TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX organizations_name ON organizations (name);

CREATE TABLE directories (
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organizations (id),
    id              TEXT COLLATE "C" NOT NULL,
    name            TEXT COLLATE "C" NOT NULL,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX directories_name ON directories (organization_id, name);

CREATE TABLE tokens (
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organizations (id),
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    directory_id    TEXT COLLATE "C", -- NULL: the default directory
    name            TEXT COLLATE "C" NOT NULL,
    hash            BYTEA NOT NULL, -- SHA-256 of the secret
    scopes          TEXT COLLATE "C" NOT NULL, -- separated by spaces
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT,
    last_used_at    BIGINT,
    revoked_at      BIGINT,
    FOREIGN KEY (organization_id, directory_id) REFERENCES directories (organization_id, id)
);
CREATE UNIQUE INDEX tokens_hash ON tokens (hash);
CREATE INDEX tokens_organization ON tokens (organization_id, id);

ALTER TABLE organizations ENABLE ROW LEVEL SECURITY;
ALTER TABLE organizations FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON organizations
    USING (id = (SELECT current_setting('scimhub.organization_id', true))
        OR (SELECT current_setting('scimhub.organization_id', true)) = '*');

ALTER TABLE directories ENABLE ROW LEVEL SECURITY;
ALTER TABLE directories FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON directories
    USING (organization_id = (SELECT current_setting('scimhub.organization_id', true))
        OR (SELECT current_setting('scimhub.organization_id', true)) = '*');

ALTER TABLE tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON tokens
    USING (organization_id = (SELECT current_setting('scimhub.organization_id', true))
        OR (SELECT current_setting('scimhub.organization_id', true)) = '*');
