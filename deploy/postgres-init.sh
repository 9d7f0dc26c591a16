#!/bin/sh
# Run by the postgres image when its data folder is new. Gives the hub a role of
# its own: a superuser, which the image's default role is, would pass by the
# row-level security that keeps organizations apart.
set -eu

psql --set=ON_ERROR_STOP=1 --set=password="$SCIMHUB_DATABASE_PASSWORD" \
  --username="${POSTGRES_USER:-postgres}" --dbname=postgres <<'SQL'
CREATE ROLE scimhub LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD :'password';
CREATE DATABASE scimhub OWNER scimhub;
SQL
