#!/bin/sh
# What kha needs of a Temporal: a namespace, and attributes to search for.
set -eu
namespace=${TEMPORAL_NAMESPACE:-default}
tries=0
# The server listens before its parts have found each other.
until temporal operator namespace describe --namespace "$namespace" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$namespace" --retention "$RETENTION"; do
  tries=$((tries + 1))
  [ "$tries" -lt 60 ] || exit 1
  sleep 1
done
until temporal operator search-attribute create --namespace "$namespace" --name KhaCluster --type Keyword --name KhaOperation --type Keyword; do
  tries=$((tries + 1))
  [ "$tries" -lt 60 ] || exit 1
  sleep 1
done
