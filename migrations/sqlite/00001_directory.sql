-- +goose Up

-- Ids and comparison keys are compared by bytes, as Go compares them. Times are
-- microseconds since 1970 in UTC. Everything but organizations bears the id of
-- its organization.

CREATE TABLE organizations (
    id         text PRIMARY KEY,
    name       text NOT NULL UNIQUE,
    created_at integer NOT NULL
);

CREATE TABLE directories (
    organization_id text NOT NULL REFERENCES organizations (id),
    id              text NOT NULL,
    name            text NOT NULL,
    created_at      integer NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, name)
);

CREATE TABLE tokens (
    organization_id text NOT NULL REFERENCES organizations (id),
    id              text NOT NULL,
    directory_id    text,
    name            text NOT NULL,
    hash            blob NOT NULL UNIQUE,
    scopes          text NOT NULL,
    created_at      integer NOT NULL,
    expires_at      integer,
    last_used_at    integer,
    revoked_at      integer,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, directory_id) REFERENCES directories (organization_id, id)
);

CREATE TABLE users (
    organization_id  text NOT NULL,
    id               text NOT NULL,
    directory_id     text NOT NULL,
    user_name        text NOT NULL,
    user_name_key    text NOT NULL,
    display          text NOT NULL,
    display_name_key text,
    given_name_key   text,
    family_name_key  text,
    active           boolean NOT NULL,
    state            text NOT NULL,
    document         text NOT NULL,
    keys             text NOT NULL,
    version          integer NOT NULL,
    sequence         integer NOT NULL,
    created_at       integer NOT NULL,
    updated_at       integer NOT NULL,
    deleted_at       integer,
    access_until     integer,
    purge_at         integer,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, directory_id) REFERENCES directories (organization_id, id)
);
CREATE UNIQUE INDEX users_user_name ON users (organization_id, user_name_key) WHERE state = 'live';
CREATE INDEX users_live ON users (organization_id, id) WHERE state = 'live';
CREATE INDEX users_display_name ON users (organization_id, display_name_key) WHERE state = 'live';
CREATE INDEX users_family_name ON users (organization_id, family_name_key) WHERE state = 'live';
CREATE INDEX users_given_name ON users (organization_id, given_name_key) WHERE state = 'live';
CREATE INDEX users_updated ON users (organization_id, updated_at) WHERE state = 'live';

CREATE TABLE user_emails (
    organization_id text NOT NULL,
    user_id         text NOT NULL,
    ordinal         integer NOT NULL,
    value_key       text,
    type_key        text,
    is_primary      boolean,
    PRIMARY KEY (organization_id, user_id, ordinal),
    FOREIGN KEY (organization_id, user_id) REFERENCES users (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX user_emails_value ON user_emails (organization_id, value_key);

CREATE TABLE "groups" (
    organization_id  text NOT NULL,
    id               text NOT NULL,
    directory_id     text NOT NULL,
    display          text NOT NULL,
    display_name_key text NOT NULL,
    document         text NOT NULL,
    keys             text NOT NULL,
    version          integer NOT NULL,
    sequence         integer NOT NULL,
    created_at       integer NOT NULL,
    updated_at       integer NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, directory_id) REFERENCES directories (organization_id, id)
);
CREATE INDEX groups_display_name ON "groups" (organization_id, display_name_key);
CREATE INDEX groups_updated ON "groups" (organization_id, updated_at);

-- ended_at is set while a member is offboarded, so that a restore brings the
-- membership back.
CREATE TABLE group_members (
    organization_id text NOT NULL,
    group_id        text NOT NULL,
    member_id       text NOT NULL,
    member_type     text NOT NULL,
    ended_at        integer,
    PRIMARY KEY (organization_id, group_id, member_id),
    FOREIGN KEY (organization_id, group_id) REFERENCES "groups" (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX group_members_member ON group_members (organization_id, member_id);

CREATE TABLE external_ids (
    organization_id text NOT NULL,
    directory_id    text NOT NULL,
    resource_id     text NOT NULL,
    resource_type   text NOT NULL,
    external_id     text NOT NULL,
    live            boolean NOT NULL,
    PRIMARY KEY (organization_id, directory_id, resource_id),
    FOREIGN KEY (organization_id, directory_id) REFERENCES directories (organization_id, id)
);
CREATE UNIQUE INDEX external_ids_external_id
    ON external_ids (organization_id, directory_id, resource_type, external_id) WHERE live;
CREATE INDEX external_ids_resource ON external_ids (organization_id, resource_id);

-- The log of all changes. An event is written in the transaction of its change
-- and has no position then; positions are given after commit.
CREATE TABLE events (
    insertion       integer PRIMARY KEY AUTOINCREMENT,
    organization_id text NOT NULL,
    id              text NOT NULL,
    directory_id    text NOT NULL,
    type            text NOT NULL,
    resource_type   text NOT NULL,
    resource_id     text NOT NULL,
    sequence        integer NOT NULL,
    payload         text NOT NULL,
    created_at      integer NOT NULL,
    position        integer
);
CREATE INDEX events_unpositioned ON events (insertion) WHERE position IS NULL;

-- +goose Down
DROP TABLE events;
DROP TABLE external_ids;
DROP TABLE group_members;
DROP TABLE "groups";
DROP TABLE user_emails;
DROP TABLE users;
DROP TABLE tokens;
DROP TABLE directories;
DROP TABLE organizations;
