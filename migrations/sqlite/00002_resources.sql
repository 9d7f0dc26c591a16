-- Users and groups, and what is looked up about them.
--
-- A column named …_key holds the comparison key of a value: two values are equal
-- for SCIM where their keys are, and ordered as their keys are by bytes. "keys"
-- is the whole document in that form. Every index begins with the organization.
-- There are no foreign keys here: they would lock rows that many changes share,
-- and the hub writes all parts of a resource in one transaction.

-- +goose Up
CREATE TABLE users (
    organization_id  TEXT NOT NULL,
    id               TEXT NOT NULL,
    directory_id     TEXT NOT NULL,
    user_name        TEXT NOT NULL,
    user_name_key    TEXT NOT NULL,
    display_name     TEXT,
    display_name_key TEXT,
    given_name_key   TEXT,
    family_name_key  TEXT,
    active           INTEGER,
    state            TEXT NOT NULL CHECK (state IN ('live', 'offboarding', 'offboarded')),
    document         TEXT NOT NULL,
    keys             TEXT NOT NULL,
    version          INTEGER NOT NULL CHECK (version > 0),
    sequence         INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    deleted_at       INTEGER,
    access_until     INTEGER,
    purge_at         INTEGER,
    PRIMARY KEY (organization_id, id)
) STRICT;
CREATE INDEX users_live ON users (organization_id, id) WHERE state = 'live';
CREATE UNIQUE INDEX users_user_name ON users (organization_id, user_name_key) WHERE state = 'live';
CREATE INDEX users_display_name ON users (organization_id, display_name_key) WHERE state = 'live';
CREATE INDEX users_family_name ON users (organization_id, family_name_key) WHERE state = 'live';
CREATE INDEX users_given_name ON users (organization_id, given_name_key) WHERE state = 'live';

-- Of live users only.
CREATE TABLE user_emails (
    organization_id TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    ordinal         INTEGER NOT NULL,
    value_key       TEXT,
    type_key        TEXT,
    is_primary      INTEGER,
    PRIMARY KEY (organization_id, user_id, ordinal)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_emails_value ON user_emails (organization_id, value_key);

CREATE TABLE groups (
    organization_id  TEXT NOT NULL,
    id               TEXT NOT NULL,
    directory_id     TEXT NOT NULL,
    display_name     TEXT NOT NULL,
    display_name_key TEXT NOT NULL,
    document         TEXT NOT NULL,
    keys             TEXT NOT NULL,
    version          INTEGER NOT NULL CHECK (version > 0),
    sequence         INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    PRIMARY KEY (organization_id, id)
) STRICT;
CREATE INDEX groups_display_name ON groups (organization_id, display_name_key);

CREATE TABLE group_members (
    organization_id TEXT NOT NULL,
    group_id        TEXT NOT NULL,
    member_id       TEXT NOT NULL,
    member_type     TEXT NOT NULL,
    ended_at        INTEGER, -- set when the member was offboarded: a restore brings the row back
    PRIMARY KEY (organization_id, group_id, member_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_members_member ON group_members (organization_id, member_id, group_id);

-- An external id belongs to the directory whose client gave it.
CREATE TABLE external_ids (
    organization_id TEXT NOT NULL,
    resource_id     TEXT NOT NULL,
    directory_id    TEXT NOT NULL,
    resource_type   TEXT NOT NULL,
    external_id     TEXT NOT NULL,
    live            INTEGER NOT NULL, -- the resource is live
    PRIMARY KEY (organization_id, resource_id, directory_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX external_ids_external_id
    ON external_ids (organization_id, directory_id, resource_type, external_id) WHERE live;
