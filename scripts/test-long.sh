#!/usr/bin/env bash
# What takes long to build and is not part of `npm test`: docker-compose.yml, its parts as processes, with lab hosts.
set -euo pipefail
. "$(dirname "$0")/setup.sh"
[ "$(uname -s)" = Linux ] && [ "$(id -u)" = 0 ] || die "the long tests run on lab hosts: root on Linux is needed"
say "build"
npm run --silent build
fetch_temporal
# PostgreSQL, and what health checks and scripts in the Compose files call.
debian_packages postgresql openssl netcat-openbsd wget
npx tsx lab/main.ts artifacts --team
say "a team's Temporal (lab)"
npx vitest run --project long "$@"
say "all long tests passed"
