#!/bin/sh
# Roles and databases of Temporal and of kha's store: made where they are missing; passwords are set to what the files say.
set -eu
export SECRETS="${SECRETS:-/run/secrets}"
PGPASSWORD=$(cat "$SECRETS/postgres-password")
export PGPASSWORD
# psql reads the files itself: arguments can be seen by every process.
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --dbname postgres <<'SQL'
\set temporal `cat "$SECRETS/temporal-password"`
\set kha `cat "$SECRETS/kha-password"`
select format('create role %I login', name) from unnest(array['temporal', 'kha']) as name
  where not exists (select from pg_roles where rolname = name) \gexec
alter role temporal password :'temporal';
alter role kha password :'kha';
select format('create database %I owner %I', name, owner)
  from (values ('temporal', 'temporal'), ('temporal_visibility', 'temporal'), ('kha', 'kha')) as wanted (name, owner)
  where not exists (select from pg_database where datname = name) \gexec
revoke all on database temporal, temporal_visibility, kha from public;
SQL
