-- Users and groups, and what is looked up about them.
--
-- A column named …_key holds the comparison key of a value: two values are equal
-- for SCIM where their keys are, and ordered as their keys are by bytes. "keys"
-- is the whole document in that form. Every index begins with the organization.
-- There are no foreign keys here: they would lock rows that many changes share,
-- and the hub writes all parts of a resource in one transaction.
--
-- Row-level security is narrower here than for the tables before: not even the
-- hub itself has a use for the people of all organizations at once.

-- +goose Up
CREATE TABLE users (
    organization_id  TEXT COLLATE "C" NOT NULL,
    id               TEXT COLLATE "C" NOT NULL,
    directory_id     TEXT COLLATE "C" NOT NULL,
    user_name        TEXT COLLATE "C" NOT NULL,
    user_name_key    TEXT COLLATE "C" NOT NULL,
    display_name     TEXT COLLATE "C",
    display_name_key TEXT COLLATE "C",
    given_name_key   TEXT COLLATE "C",
    family_name_key  TEXT COLLATE "C",
    active           BOOLEAN,
    state            TEXT COLLATE "C" NOT NULL CHECK (state IN ('live', 'offboarding', 'offboarded')),
    document         TEXT NOT NULL,
    keys             JSONB NOT NULL,
    version          BIGINT NOT NULL CHECK (version > 0),
    sequence         BIGINT NOT NULL,
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL,
    deleted_at       BIGINT,
    access_until     BIGINT,
    purge_at         BIGINT,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX users_live ON users (organization_id, id) WHERE state = 'live';
CREATE UNIQUE INDEX users_user_name ON users (organization_id, user_name_key) WHERE state = 'live';
CREATE INDEX users_display_name ON users (organization_id, display_name_key) WHERE state = 'live';
CREATE INDEX users_family_name ON users (organization_id, family_name_key) WHERE state = 'live';
CREATE INDEX users_given_name ON users (organization_id, given_name_key) WHERE state = 'live';

-- Of live users only.
CREATE TABLE user_emails (
    organization_id TEXT COLLATE "C" NOT NULL,
    user_id         TEXT COLLATE "C" NOT NULL,
    ordinal         INTEGER NOT NULL,
    value_key       TEXT COLLATE "C",
    type_key        TEXT COLLATE "C",
    is_primary      BOOLEAN,
    PRIMARY KEY (organization_id, user_id, ordinal)
);
CREATE INDEX user_emails_value ON user_emails (organization_id, value_key, type_key, is_primary, user_id);

CREATE TABLE groups (
    organization_id  TEXT COLLATE "C" NOT NULL,
    id               TEXT COLLATE "C" NOT NULL,
    directory_id     TEXT COLLATE "C" NOT NULL,
    display_name     TEXT COLLATE "C" NOT NULL,
    display_name_key TEXT COLLATE "C" NOT NULL,
    document         TEXT NOT NULL,
    keys             JSONB NOT NULL,
    version          BIGINT NOT NULL CHECK (version > 0),
    sequence         BIGINT NOT NULL,
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX groups_display_name ON groups (organization_id, display_name_key);

CREATE TABLE group_members (
    organization_id TEXT COLLATE "C" NOT NULL,
    group_id        TEXT COLLATE "C" NOT NULL,
    member_id       TEXT COLLATE "C" NOT NULL,
    member_type     TEXT COLLATE "C" NOT NULL,
    ended_at        BIGINT, -- set when the member was offboarded: a restore brings the row back
    PRIMARY KEY (organization_id, group_id, member_id)
);
CREATE INDEX group_members_member ON group_members (organization_id, member_id, ended_at, group_id, member_type);

-- Groups in groups are few. These keep the way up and down through them short.
CREATE INDEX group_members_outer ON group_members (organization_id, member_id, group_id)
    WHERE member_type = 'Group' AND ended_at IS NULL;
CREATE INDEX group_members_inner ON group_members (organization_id, group_id, member_id)
    WHERE member_type = 'Group' AND ended_at IS NULL;

-- An external id belongs to the directory whose client gave it.
CREATE TABLE external_ids (
    organization_id TEXT COLLATE "C" NOT NULL,
    resource_id     TEXT COLLATE "C" NOT NULL,
    directory_id    TEXT COLLATE "C" NOT NULL,
    resource_type   TEXT COLLATE "C" NOT NULL,
    external_id     TEXT COLLATE "C" NOT NULL,
    live            BOOLEAN NOT NULL, -- the resource is live
    PRIMARY KEY (organization_id, resource_id, directory_id)
);
CREATE UNIQUE INDEX external_ids_external_id
    ON external_ids (organization_id, directory_id, resource_type, external_id) WHERE live;

ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON users
    USING (organization_id = (SELECT current_setting('scimhub.organization_id', true)));

ALTER TABLE user_emails ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_emails FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON user_emails
    USING (organization_id = (SELECT current_setting('scimhub.organization_id', true)));

ALTER TABLE groups ENABLE ROW LEVEL SECURITY;
ALTER TABLE groups FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON groups
    USING (organization_id = (SELECT current_setting('scimhub.organization_id', true)));

ALTER TABLE group_members ENABLE ROW LEVEL SECURITY;
ALTER TABLE group_members FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON group_members
    USING (organization_id = (SELECT current_setting('scimhub.organization_id', true)));

ALTER TABLE external_ids ENABLE ROW LEVEL SECURITY;
ALTER TABLE external_ids FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON external_ids
    USING (organization_id = (SELECT current_setting('scimhub.organization_id', true)));
