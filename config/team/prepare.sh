#!/bin/sh
# Makes what docker-compose.yml needs, where it is missing: passwords and the folder of the keys in ./team, and .env.
# Run it in the folder of docker-compose.yml, as the user whose SSH keys the workers use.
set -eu
umask 077
mkdir -p team/keys
for name in postgres temporal kha; do
  [ -s "team/$name-password" ] || od -An -v -N24 -tx1 /dev/urandom | tr -d ' \n' >"team/$name-password"
done
# With Docker in rootless mode "root" in a container is you: then it is KHA_USER=0:0.
grep -qs '^KHA_USER=' .env || printf 'KHA_USER=%s:%s\n' "$(id -u)" "$(id -g)" >>.env
echo 'team/ and .env are ready. Back up team/: without team/keys nothing that kha encrypted can be read.'
