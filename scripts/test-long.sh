#!/usr/bin/env bash
# What takes long and is not part of `npm test`: docker-compose.yml and its parts as processes, every step killed before every
# command, the former version of Kubernetes, programs that need minutes to fail.
set -euo pipefail
. "$(dirname "$0")/setup.sh"
[ "$(uname -s)" = Linux ] && [ "$(id -u)" = 0 ] || die "the long tests run on lab hosts: root on Linux is needed"
say "build"
npm run --silent build
fetch_temporal
# PostgreSQL, and what health checks and scripts in the Compose files call.
debian_packages postgresql openssl netcat-openbsd wget
npx tsx lab/main.ts artifacts --team
npx tsx lab/main.ts artifacts --kubernetes 1.37.2,1.36.3
say "a team's Temporal, every step (lab)"
npx vitest run --project long "$@"
say "a machine with a kernel of its own"
npx vitest run --project vm --passWithNoTests "$@"
say "the long cases of the ordinary tests (lab)"
KHA_LAB_LONG=1 npx vitest run --project lab test/lab/topologies.test.ts test/lab/members.test.ts
say "all long tests passed"
