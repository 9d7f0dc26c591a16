-- Who may use the hub: organizations, their directories, the tokens that speak
-- for them.
--
-- Ids are TEXT and times are microseconds since 1970 UTC, as on the other
-- engine, so that both order and compare alike.

-- +goose Up
CREATE TABLE organizations (
    id         TEXT NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX organizations_name ON organizations (name);

CREATE TABLE directories (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    name            TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    PRIMARY KEY (organization_id, id)
) STRICT;
CREATE UNIQUE INDEX directories_name ON directories (organization_id, name);

CREATE TABLE tokens (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL PRIMARY KEY,
    directory_id    TEXT, -- NULL: the default directory
    name            TEXT NOT NULL,
    hash            BLOB NOT NULL, -- SHA-256 of the secret
    scopes          TEXT NOT NULL, -- separated by spaces
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER,
    last_used_at    INTEGER,
    revoked_at      INTEGER,
    FOREIGN KEY (organization_id, directory_id) REFERENCES directories (organization_id, id)
) STRICT;
CREATE UNIQUE INDEX tokens_hash ON tokens (hash);
CREATE INDEX tokens_organization ON tokens (organization_id, id);
