# shellcheck shell=bash
# Sourced by check, test and demo: makes a fresh checkout ready. Does nothing where nothing is missing.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
export NODE_OPTIONS="${NODE_OPTIONS:-} --no-deprecation" npm_config_update_notifier=false

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }
die() { printf 'kha: %s\n' "$*" >&2; exit 1; }

command -v node >/dev/null || die "Node.js 20.19 or newer is needed (package nodejs, or from nodejs.org)."
node -e 'const [a,b]=process.versions.node.split(".").map(Number); process.exit(a>20||(a===20&&b>=19)?0:1)' \
  || die "Node.js 20.19 or newer is needed, this is $(node --version)."

if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  say "npm packages (about a minute the first time)"
  npm ci --no-fund --no-audit --loglevel=error >&2
fi
