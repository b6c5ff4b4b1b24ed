#!/bin/sh
# Temporal's tables in their two databases: made where they are missing, brought up to this version where they are older.
set -eu
SQL_PASSWORD=$(cat "$SECRET")
export SQL_PASSWORD
for part in temporal:temporal temporal_visibility:visibility; do
  export SQL_DATABASE="${part%%:*}"
  # Makes the table of versions, if there is none; it is no harm to an existing one.
  temporal-sql-tool setup-schema --version 0.0
  temporal-sql-tool update-schema --schema-name "postgresql/v12/${part##*:}"
done
