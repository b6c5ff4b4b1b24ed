#!/usr/bin/env bash
# All tests: unit, contracts and workflows anywhere; with real hosts where this is root on Linux.
set -euo pipefail
. "$(dirname "$0")/setup.sh"
say "build"
npm run --silent build
fetch_temporal
fetch_test_server
if [ "$(uname -s)" = Linux ] && [ "$(id -u)" = 0 ]; then
  # What the contract tests of the adapters talk to.
  debian_packages openssh-server openssh-client openssl postgresql
  npx tsx lab/main.ts artifacts --kubernetes 1.37.2
  say "unit, contract and workflow tests"
  npx vitest run --project unit --maxWorkers 100%
  say "tests on real hosts (lab)"
  npx vitest run --project lab
  say "four clusters built while things break (campaign)"
  # These four have every kind of fault, bare hosts, one and three masters: see test/unit/chaos/scenario.test.ts.
  npx tsx test/chaos/main.ts --seeds 26261,26399,26318,26575
else
  say "unit, contract and workflow tests (tests on real hosts need root on Linux: left out)"
  npx vitest run --project unit --maxWorkers 100%
fi
say "all tests passed. Next: npm run demo shows kha at work; docs/how-to/own-hosts.md is for hosts of your own"
