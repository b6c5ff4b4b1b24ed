#!/usr/bin/env bash
# Everything that needs no host: types, lint, format, dead code, generated files.
set -euo pipefail
. "$(dirname "$0")/setup.sh"
say "types";           npx tsc -p .
say "lint";            npx oxlint --type-aware --max-warnings 0
say "format";          npx biome format .
say "dead code";       npx knip
say "generated files"; npx tsx scripts/docs.ts --check
say "all checks passed"
