/** Files inside the built-in images, kept to what the originals promise. Docker: library/redis, library/nginx; Kubernetes: pause */
export const REDIS_ENTRYPOINT = `#!/bin/sh
set -e
# An option or a configuration file alone means redis-server.
case "\${1:-}" in
  -* | *.conf) set -- redis-server "$@" ;;
esac
if [ "$1" = redis-server ]; then
  # The official image is built with protected mode off; the packaged server is not.
  conf=
  case "\${2:-}" in *.conf) conf=$2 ;; esac
  case "$*" in
    *protected-mode*) ;;
    *) { [ -n "$conf" ] && grep -q '^ *protected-mode' "$conf"; } || set -- "$@" --protected-mode no ;;
  esac
  if [ "$(id -u)" = 0 ]; then
    find . \\! -user redis -exec chown redis '{}' + 2>/dev/null || true
    exec setpriv --reuid=redis --regid=redis --clear-groups -- "$@"
  fi
fi
exec "$@"
`;

export const REST_SERVER_ENTRYPOINT = `#!/bin/sh
set -e
users="--htpasswd $PASSWORD_FILE"
[ -z "$DISABLE_AUTHENTICATION" ] || users=
# Options are flags without spaces; those that rclone does not know it refuses by name.
exec rclone serve restic --config /dev/null --addr :8000 $users $(printf '%s' "$OPTIONS" | sed 's/--no-auth//') "$DATA_DIRECTORY"
`;

export const PAUSE = `#!/bin/sh
trap 'exit 0' TERM INT
while :; do sleep 86400 & wait $!; done
`;

export const NGINX_CONF = `user nginx;
worker_processes auto;
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;
include /etc/nginx/modules-enabled/*.conf;
events { worker_connections 1024; }
http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  log_format main '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" "$http_x_forwarded_for"';
  access_log /var/log/nginx/access.log main;
  sendfile on;
  keepalive_timeout 65;
  include /etc/nginx/conf.d/*.conf;
}
`;

export const NGINX_SITE = `server {
  listen 80;
  server_name localhost;
  location / {
    root /usr/share/nginx/html;
    index index.html index.htm;
  }
}
`;

export const NGINX_PAGE = `<!DOCTYPE html>
<html>
<head><title>Welcome to nginx!</title></head>
<body><h1>Welcome to nginx!</h1></body>
</html>
`;

/**
 * Debian's busybox-static 1.35 crashes in `wget -T`; the limit is kept by `timeout` instead, for the whole transfer.
 * The applet itself is called wgez in our copy (base-root.ts).
 */
export const BUSYBOX_WGET = `#!/bin/sh
seconds= n=$#
while [ "$n" -gt 0 ]; do
  n=$((n - 1)) arg=$1; shift
  case $arg in
    -T | --timeout) seconds=$1; shift; n=$((n - 1)) ;;
    -T*) seconds=\${arg#-T} ;;
    --timeout=*) seconds=\${arg#--timeout=} ;;
    -[cqS]*T) seconds=$1; shift; n=$((n - 1)); set -- "$@" "\${arg%T}" ;;
    *) set -- "$@" "$arg" ;;
  esac
done
[ -n "$seconds" ] || exec /bin/busybox wgez "$@"
/bin/busybox timeout "$seconds" /bin/busybox wgez "$@"
status=$?
[ $status = 143 ] || exit $status
echo "wget: download timed out" >&2
exit 1
`;
