#!/bin/sh
# The Temporal server, with its password from a file: what stands in `environment` can be read by `docker inspect`.
set -eu
POSTGRES_PWD=$(cat "$SECRET")
export POSTGRES_PWD
exec temporal-server --allow-no-auth start
