#!/bin/sh
# Genuine Kubernetes for the end-to-end tests: what is missing of it is built into .tools/kubernetes (versions: tools/kubernetes/go.mod)
# or installed. Programs of a fitting version in LIQO_KUBERNETES_BIN or in the PATH are used as they are.
set -eu
cd "$(dirname "$0")/.."
project=$(pwd)
mkdir -p .tools/kubernetes

say() { printf '%s\n' "kubernetes: $*" >&2; }
fail() { printf '%s\n' "kubernetes: $*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || fail "needs root: the clusters live in network namespaces with mounts of their own (run it with sudo)"

version=$(sed -n 's/^[[:space:]]*k8s.io\/kubernetes \(v[0-9.]*\).*/\1/p' tools/kubernetes/go.mod)
minor=$(printf '%s' "$version" | cut -d. -f1,2)
etcd=3
major_minor=${minor#v}

# Prints the first program of that name whose version is of the same minor; etcd: 3.5 or newer.
fits() {
  case $1 in
    etcd) "$2" --version 2>/dev/null | grep -Eq "etcd Version: $etcd\.([5-9]|[1-9][0-9])" ;;
    *) "$2" --version 2>/dev/null | grep -q "$minor\." ;;
  esac
}
find_program() {
  old=$IFS; IFS=:
  for folder in ${LIQO_KUBERNETES_BIN:-} $project/.tools/kubernetes $PATH; do
    [ -x "$folder/$1" ] && fits "$1" "$folder/$1" && { IFS=$old; printf '%s' "$folder/$1"; return 0; }
  done
  IFS=$old
  return 1
}

wanted=""
for program in etcd kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubelet; do
  if found=$(find_program $program); then
    [ "$found" = "$project/.tools/kubernetes/$program" ] || ln -sf "$found" ".tools/kubernetes/$program"
  else
    wanted="$wanted $program"
  fi
done

if [ -n "$wanted" ]; then
  command -v go >/dev/null 2>&1 || fail "missing:$wanted $minor; install Go, or name a folder that holds them in LIQO_KUBERNETES_BIN"
  say "building$wanted $version (about five minutes the first time)"
  # Without it every server calls itself v0.0.0.
  stamp=k8s.io/component-base/version
  flags="-s -w -X $stamp.gitVersion=$version -X $stamp.gitMajor=${major_minor%%.*} -X $stamp.gitMinor=${major_minor##*.}"
  for program in $wanted; do
    case $program in
      etcd) package=go.etcd.io/etcd/server/v3 ;;
      *) package=k8s.io/kubernetes/cmd/$program ;;
    esac
    rm -f ".tools/kubernetes/$program"
    (cd tools/kubernetes && go build -trimpath -ldflags="$flags" -o "$project/.tools/kubernetes/$program" "$package") >.tools/kubernetes-build.log 2>&1 ||
      fail "$program was not built; see .tools/kubernetes-build.log"
  done
fi

missing=""
need() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || [ -x "/sbin/$1" ] || missing="$missing $2"; }
need containerd containerd
need runc runc
need tar tar
[ -x /usr/lib/cni/bridge ] || [ -x /opt/cni/bin/bridge ] || missing="$missing containernetworking-plugins"
if [ -n "$missing" ]; then
  command -v apt-get >/dev/null 2>&1 || fail "missing:$missing (install them)"
  say "installing Debian packages:$missing"
  # Servers come as programs only: nothing may start because of us.
  printf '#!/bin/sh\nexit 101\n' >.tools/policy-rc.d && chmod +x .tools/policy-rc.d
  policy=/usr/sbin/policy-rc.d
  [ -e $policy ] || { ln -s "$project/.tools/policy-rc.d" $policy; made_policy=1; }
  (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing) >.tools/apt-kubernetes.log 2>&1 || { [ -z "${made_policy:-}" ] || rm -f $policy; fail "apt-get failed; see .tools/apt-kubernetes.log"; }
  [ -z "${made_policy:-}" ] || rm -f $policy
fi
