#!/bin/sh
# All set-up, repeatable: Node, npm packages, Debian packages, kubectl, helm, generated files and bundles.
# What is already there and recent enough is used as it is.
set -eu
cd "$(dirname "$0")/.."
project=$(pwd)
mkdir -p .tools/bin .build

say() { printf '%s\n' "setup: $*" >&2; }
fail() { printf '%s\n' "setup: $*" >&2; exit 1; }

command -v npm >/dev/null 2>&1 || fail "npm was not found: install Node.js (any version with npm; Node 24 is fetched when yours is older)"

# A connection that hangs is given up after a minute, not after npm's five, and tried again.
export npm_config_fetch_timeout="${npm_config_fetch_timeout:-60000}" npm_config_fetch_retries="${npm_config_fetch_retries:-5}"

# Node 24.5 or newer, whose agents know proxies.
if [ ! -x .tools/bin/node ]; then
  if node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 24 || (a == 24 && b >= 5) ? 0 : 1)' 2>/dev/null; then
    ln -sf "$(command -v node)" .tools/bin/node
  else
    say "fetching Node 24 (this machine has $(node --version 2>/dev/null || echo none))"
    npm install --prefix .tools --no-save --no-package-lock --silent node@24.21.0 >.tools/node.log 2>&1 || fail "node@24.21.0 could not be installed; see .tools/node.log"
    ln -sf ../node_modules/node/bin/node .tools/bin/node
  fi
  .tools/bin/node --version >/dev/null 2>&1 || fail "Node does not run; see .tools/node.log"
fi
PATH=$project/.tools/bin:$PATH
export PATH

# npm packages, as locked.
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  say "installing npm packages"
  npm ci --silent >.tools/npm.log 2>&1 || fail "npm ci failed; see .tools/npm.log"
  touch node_modules/.package-lock.json
fi

# A recent wireguard-go where Go can build it, several times as fast as Debian's; meanwhile the rest goes on.
if [ ! -x .tools/bin/wireguard-go ] && command -v go >/dev/null 2>&1; then
  say "building wireguard-go"
  (cd tools/wireguard-go && go build -trimpath -ldflags="-s -w" -o ../../.tools/wireguard-go golang.zx2c4.com/wireguard) >.tools/wireguard-go.log 2>&1 &
  building=$!
fi

# Debian packages that the playground and the tests use.
missing=""
need() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || [ -x "/sbin/$1" ] || missing="$missing $2"; }
need ip iproute2
need nft nftables
need wg wireguard-tools
need wireguard-go wireguard-go
need conntrack conntrack
need runc runc
need conmon conmon
need skopeo skopeo
need redis-server redis-server
need nginx nginx-light
need nsenter util-linux
need perl perl
need curl curl
need ping iputils-ping
[ "${1:-}" != tests ] || { need prometheus prometheus; need openssl openssl; need restic restic; need rclone rclone; need socat socat; need docker-registry docker-registry; need chromium chromium; }
[ "${1:-}" != tests ] || { need mariadbd mariadb-server; need mariadb-backup mariadb-backup; [ -e /usr/lib/galera/libgalera_smm.so ] || missing="$missing galera-4"; }
[ -x /bin/busybox ] || [ -x /usr/bin/busybox ] || missing="$missing busybox-static"
if [ -n "$missing" ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    say "installing Debian packages:$missing"
    # Servers come as programs only: nothing may start because of us.
    printf '#!/bin/sh\nexit 101\n' >.tools/policy-rc.d && chmod +x .tools/policy-rc.d
    policy=/usr/sbin/policy-rc.d
    [ -e $policy ] || { ln -s "$project/.tools/policy-rc.d" $policy; made_policy=1; }
    (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing) >.tools/apt.log 2>&1 || { [ -z "${made_policy:-}" ] || rm -f $policy; fail "apt-get failed; see .tools/apt.log"; }
    [ -z "${made_policy:-}" ] || rm -f $policy
  else
    fail "missing packages:$missing (install them, or run as root on Debian or Ubuntu)"
  fi
fi

# kubectl >= 1.33 and helm >= 3.18.
node scripts/fetch-tools.ts

# Generated files, then one bundle per program.
node scripts/generate-openapi.ts
node scripts/generate-crds.ts
node scripts/bundle.ts

if [ -n "${building:-}" ]; then
  if wait "$building"; then mv .tools/wireguard-go .tools/bin/wireguard-go
  else say "wireguard-go was not built, the machine's is used; see .tools/wireguard-go.log"; fi
fi
