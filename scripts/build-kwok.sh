#!/bin/sh
# kwok, a fake kubelet, into .tools/bin for the benchmarks (version: tools/kwok/go.mod).
set -eu
cd "$(dirname "$0")/.."
[ ! -x .tools/bin/kwok ] || exit 0
command -v go >/dev/null 2>&1 || { printf '%s\n' "kwok: needs Go to be built" >&2; exit 1; }
printf '%s\n' "kwok: building (about two minutes the first time)" >&2
project=$(pwd)
(cd tools/kwok && go build -trimpath -ldflags="-s -w" -o "$project/.tools/bin/kwok" sigs.k8s.io/kwok/cmd/kwok) >.tools/kwok.log 2>&1 || {
  printf '%s\n' "kwok: not built; see .tools/kwok.log" >&2
  exit 1
}
