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
CREATE INDEX user_emails_value ON user_emails (organization_id, value_key, type_key, is_primary, user_id);

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
CREATE INDEX group_members_member ON group_members (organization_id, member_id, ended_at, group_id, member_type);

-- Groups in groups are few. These keep the way up and down through them short.
CREATE INDEX group_members_outer ON group_members (organization_id, member_id, group_id)
    WHERE member_type = 'Group' AND ended_at IS NULL;
CREATE INDEX group_members_inner ON group_members (organization_id, group_id, member_id)
    WHERE member_type = 'Group' AND ended_at IS NULL;

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

-- SQLite plans by these figures, which it would else guess or gather by ANALYZE,
-- that nobody runs. Each is the number of rows, then how many of them share the
-- first column of the index, the first two, and so on: an organization of a
-- hundred thousand users. Without them SQLite takes an organization for ten
-- rows and reads all of it rather than sort what an index finds.
ANALYZE;
DELETE FROM sqlite_stat1;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('users', 'sqlite_autoindex_users_1', '100000 100000 1'),
    ('users', 'users_live', '100000 100000 1'),
    ('users', 'users_user_name', '100000 100000 1'),
    ('users', 'users_display_name', '100000 100000 2'),
    ('users', 'users_family_name', '100000 100000 20'),
    ('users', 'users_given_name', '100000 100000 100'),
    ('user_emails', 'user_emails', '200000 200000 2 1'),
    ('user_emails', 'user_emails_value', '200000 200000 2 1 1 1'),
    ('groups', 'sqlite_autoindex_groups_1', '5000 5000 1'),
    ('groups', 'groups_display_name', '5000 5000 2'),
    ('group_members', 'group_members', '500000 500000 100 1'),
    ('group_members', 'group_members_member', '500000 500000 5 5 1 1'),
    ('group_members', 'group_members_outer', '500 500 2 1'),
    ('group_members', 'group_members_inner', '500 500 2 1'),
    ('external_ids', 'external_ids', '100000 100000 1 1'),
    ('external_ids', 'external_ids_external_id', '100000 100000 50000 50000 1');
ANALYZE sqlite_schema; -- reads them
