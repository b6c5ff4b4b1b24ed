#!/usr/bin/env bash
# A campaign: clusters are built on hosts of the lab while things break. See --help.
set -euo pipefail
. "$(dirname "$0")/setup.sh"
if [ "$(uname -s)" != Linux ] || [ "$(id -u)" != 0 ]; then die "the campaign makes hosts of its own and needs root on Linux."; fi
case " $* " in *" --help "* | *" -h "*) ;; *)
  fetch_temporal
  say "build"
  npm run --silent build
esac
exec npx tsx test/chaos/main.ts "$@"
