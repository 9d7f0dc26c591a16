-- +goose Up

-- Ids and comparison keys are compared by bytes, as Go compares them. Times are
-- microseconds since 1970 in UTC. Everything but organizations bears the id of
-- its organization, and row-level security shows a connection only the rows of
-- the organization that scimhub.organization_id names; "*" is the hub itself.

CREATE TABLE organizations (
    id         text COLLATE "C" PRIMARY KEY,
    name       text COLLATE "C" NOT NULL UNIQUE,
    created_at bigint NOT NULL
);

CREATE TABLE directories (
    organization_id text COLLATE "C" NOT NULL REFERENCES organizations (id),
    id              text COLLATE "C" NOT NULL,
    name            text COLLATE "C" NOT NULL,
    created_at      bigint NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, name)
);

CREATE TABLE tokens (
    organization_id text COLLATE "C" NOT NULL REFERENCES organizations (id),
    id              text COLLATE "C" NOT NULL,
    directory_id    text COLLATE "C",
    name            text NOT NULL,
    hash            bytea NOT NULL UNIQUE,
    scopes          text NOT NULL,
    created_at      bigint NOT NULL,
    expires_at      bigint,
    last_used_at    bigint,
    revoked_at      bigint,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, directory_id) REFERENCES directories (organization_id, id)
);

CREATE TABLE users (
    organization_id  text COLLATE "C" NOT NULL,
    id               text COLLATE "C" NOT NULL,
    directory_id     text COLLATE "C" NOT NULL,
    user_name        text NOT NULL,
    user_name_key    text COLLATE "C" NOT NULL,
    display          text NOT NULL,
    display_name_key text COLLATE "C",
    given_name_key   text COLLATE "C",
    family_name_key  text COLLATE "C",
    active           boolean NOT NULL,
    state            text COLLATE "C" NOT NULL,
    document         text NOT NULL,
    keys             jsonb NOT NULL,
    version          bigint NOT NULL,
    sequence         bigint NOT NULL,
    created_at       bigint NOT NULL,
    updated_at       bigint NOT NULL,
    deleted_at       bigint,
    access_until     bigint,
    purge_at         bigint,
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
    organization_id text COLLATE "C" NOT NULL,
    user_id         text COLLATE "C" NOT NULL,
    ordinal         integer NOT NULL,
    value_key       text COLLATE "C",
    type_key        text COLLATE "C",
    is_primary      boolean,
    PRIMARY KEY (organization_id, user_id, ordinal),
    FOREIGN KEY (organization_id, user_id) REFERENCES users (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX user_emails_value ON user_emails (organization_id, value_key);

CREATE TABLE groups (
    organization_id  text COLLATE "C" NOT NULL,
    id               text COLLATE "C" NOT NULL,
    directory_id     text COLLATE "C" NOT NULL,
    display          text NOT NULL,
    display_name_key text COLLATE "C" NOT NULL,
    document         text NOT NULL,
    keys             jsonb NOT NULL,
    version          bigint NOT NULL,
    sequence         bigint NOT NULL,
    created_at       bigint NOT NULL,
    updated_at       bigint NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, directory_id) REFERENCES directories (organization_id, id)
);
CREATE INDEX groups_display_name ON groups (organization_id, display_name_key);
CREATE INDEX groups_updated ON groups (organization_id, updated_at);

-- ended_at is set while a member is offboarded, so that a restore brings the
-- membership back.
CREATE TABLE group_members (
    organization_id text COLLATE "C" NOT NULL,
    group_id        text COLLATE "C" NOT NULL,
    member_id       text COLLATE "C" NOT NULL,
    member_type     text COLLATE "C" NOT NULL,
    ended_at        bigint,
    PRIMARY KEY (organization_id, group_id, member_id),
    FOREIGN KEY (organization_id, group_id) REFERENCES groups (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX group_members_member ON group_members (organization_id, member_id);

CREATE TABLE external_ids (
    organization_id text COLLATE "C" NOT NULL,
    directory_id    text COLLATE "C" NOT NULL,
    resource_id     text COLLATE "C" NOT NULL,
    resource_type   text COLLATE "C" NOT NULL,
    external_id     text COLLATE "C" NOT NULL,
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
    insertion       bigint GENERATED ALWAYS AS IDENTITY,
    organization_id text COLLATE "C" NOT NULL,
    id              text COLLATE "C" NOT NULL,
    directory_id    text COLLATE "C" NOT NULL,
    type            text COLLATE "C" NOT NULL,
    resource_type   text COLLATE "C" NOT NULL,
    resource_id     text COLLATE "C" NOT NULL,
    sequence        bigint NOT NULL,
    payload         text NOT NULL,
    created_at      bigint NOT NULL,
    position        bigint,
    PRIMARY KEY (insertion)
);
CREATE INDEX events_unpositioned ON events (insertion) WHERE position IS NULL;

-- +goose StatementBegin
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['directories', 'tokens', 'users', 'user_emails', 'groups',
                                'group_members', 'external_ids', 'events'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format($policy$
            CREATE POLICY organization ON %I USING (
                organization_id = (SELECT current_setting('scimhub.organization_id', true))
                OR (SELECT current_setting('scimhub.organization_id', true)) = '*')
        $policy$, name);
    END LOOP;
END
$$;
-- +goose StatementEnd

-- +goose Down
DROP TABLE events, external_ids, group_members, groups, user_emails, users, tokens, directories, organizations;
