#!/usr/bin/env bash
# kha's main job on this machine: five real hosts become a highly available cluster, through the embedded Temporal.
set -euo pipefail
. "$(dirname "$0")/setup.sh"
if [ "$(uname -s)" != Linux ] || [ "$(id -u)" != 0 ]; then
  die "the demo makes hosts of its own and needs root on Linux. The other way: hosts of yours and docker-compose.yml, see docs/how-to/own-hosts.md."
fi
if [ "${1:-up}" = up ]; then
  fetch_temporal
  say "build"
  npm run --silent build
fi
exec npx tsx lab/demo.ts "$@"
