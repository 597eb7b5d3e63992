#!/bin/sh
# kwok, a fake kubelet, and its stages (what it does to nodes and pods) into .tools/kwok, for the benchmarks. Version:
# tools/kwok/go.mod.
set -eu
cd "$(dirname "$0")/.."
folder=$(pwd)/.tools/kwok
[ ! -f "$folder/stages.yaml" ] || exit 0
command -v go >/dev/null 2>&1 || { printf '%s\n' "kwok: needs Go to be built" >&2; exit 1; }
printf '%s\n' "kwok: building (about two minutes the first time)" >&2
mkdir -p "$folder"
cd tools/kwok
go build -trimpath -ldflags="-s -w" -o "$folder/kwok" sigs.k8s.io/kwok/cmd/kwok >"$folder/build.log" 2>&1 || {
  printf '%s\n' "kwok: not built; see .tools/kwok/build.log" >&2
  exit 1
}
source=$(go list -m -f '{{.Dir}}' sigs.k8s.io/kwok)
for stage in "$source"/kustomize/stage/node/fast/node-*.yaml "$source"/kustomize/stage/pod/fast/pod-*.yaml; do
  printf -- '---\n'
  cat "$stage"
done >"$folder/stages.yaml.part"
mv "$folder/stages.yaml.part" "$folder/stages.yaml"
