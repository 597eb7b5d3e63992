/** The images that come with the playground. The boutique's programs are bundles of apps/boutique, Liqo's are bundles of cmd. */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { ImageEntry } from "./entry.ts";
import { NGINX_CONF, NGINX_PAGE, NGINX_SITE, PAUSE, REDIS_ENTRYPOINT, REST_SERVER_ENTRYPOINT } from "./scripts.ts";

export interface BuiltinOptions {
  /** Folder of the bundles: `<project>/.build/bundle`. */
  readonly bundles: string;
  /** The Node executable that containers run. */
  readonly node: string;
  /** A wireguard-go to prefer over the machine's. */
  readonly wireguard?: string;
}

export const BOUTIQUE_SERVICES = [
  "adservice",
  "cartservice",
  "checkoutservice",
  "currencyservice",
  "emailservice",
  "frontend",
  "loadgenerator",
  "paymentservice",
  "productcatalogservice",
  "recommendationservice",
  "shippingservice",
] as const;

/** One image: its user says which of them a container runs. */
export const LIQO_PROGRAMS = [
  "liqo-controller-manager",
  "liqo-dashboard",
  "liqo-fabric",
  "liqo-gateway",
  "liqo-proxy",
  "liqo-sysctls",
  "liqo-trace",
  "liqo-uninstaller",
  "virtual-kubelet",
] as const;

const GOOGLE = ["google-samples", "online-boutique-ci"].map(
  (project) => `us-central1-docker.pkg.dev/${project}/microservices-demo`,
);
const BOUTIQUE_PREFIXES = [
  ...GOOGLE.map((prefix) => `${prefix}/`),
  "gcr.io/google-samples/microservices-demo/",
  "liqo-ts/boutique-",
];
/**
 * The least limit in the shop's manifests is 128Mi; Node itself takes 40 MB of it. V8 alone would take 256 MB before it
 * collects in earnest, and 64 MB for new objects. As in apps/boutique/Dockerfile.
 */
const SHOP_HEAP = ["--max-old-space-size=56", "--max-semi-space-size=2"];
const NODE_PATH = "/usr/local/bin/node";

export function builtinEntries(options: BuiltinOptions): ImageEntry[] {
  return [
    ...baseImages(),
    redis(),
    nginx(),
    ...restic(),
    mariadb(),
    nodeImage(options),
    liqo(options),
    ...BOUTIQUE_SERVICES.map((service) => boutique(service, options)),
  ];
}

function baseImages(): ImageEntry[] {
  const sh = { cmd: ["sh"] };
  const hostShare = { binds: [{ host: "/usr/share", path: "/usr/share" }] };
  return [
    { names: ["busybox"], base: "busybox", ...sh },
    { names: ["alpine"], base: "busybox", cmd: ["/bin/sh"] },
    {
      names: ["registry.k8s.io/pause", "k8s.gcr.io/pause"],
      base: "busybox",
      entrypoint: ["/pause"],
      root: { files: [{ path: "/pause", content: PAUSE, mode: 0o755 }] },
    },
    { names: ["debian", "ubuntu"], base: "host", cmd: ["bash"], root: hostShare },
    { names: ["nicolaka/netshoot"], base: "host", cmd: ["bash"], workingDir: "/root", root: hostShare },
    { names: ["networkstatic/iperf3", "iperf3"], base: "host", entrypoint: ["iperf3"], requires: ["/usr/bin/iperf3"] },
    { names: ["curlimages/curl"], base: "host", entrypoint: ["curl"], user: "101:101", requires: ["/usr/bin/curl"] },
  ];
}

function redis(): ImageEntry {
  return {
    names: ["redis"],
    base: "host",
    entrypoint: ["/usr/local/bin/docker-entrypoint.sh"],
    cmd: ["redis-server"],
    workingDir: "/data",
    requires: ["/usr/bin/redis-server"],
    remedy: "apt-get install redis-server",
    root: {
      directories: [{ path: "/data", owner: 999 }],
      files: [{ path: "/usr/local/bin/docker-entrypoint.sh", content: REDIS_ENTRYPOINT, mode: 0o755 }],
    },
  };
}

function nginx(): ImageEntry {
  return {
    names: ["nginx"],
    base: "host",
    cmd: ["nginx", "-g", "daemon off;"],
    stopSignal: "SIGQUIT",
    requires: ["/usr/sbin/nginx"],
    remedy: "apt-get install nginx-light",
    root: {
      binds: [
        { host: "/etc/nginx/mime.types", path: "/etc/nginx/mime.types" },
        // The enabled modules are links into the folder of the available ones.
        { host: "/etc/nginx/modules-enabled", path: "/etc/nginx/modules-enabled" },
        { host: "/usr/share/nginx/modules-available", path: "/usr/share/nginx/modules-available" },
      ],
      directories: ["/etc/nginx/conf.d", "/var/lib/nginx", "/var/log/nginx", "/var/cache/nginx"].map((path) => ({
        path,
        mode: 0o1777,
      })),
      links: [
        { path: "/usr/share/nginx/modules", target: "/usr/lib/nginx/modules" },
        { path: "/var/log/nginx/access.log", target: "/dev/stdout" },
        { path: "/var/log/nginx/error.log", target: "/dev/stderr" },
      ],
      files: [
        { path: "/etc/nginx/nginx.conf", content: NGINX_CONF },
        { path: "/etc/nginx/conf.d/default.conf", content: NGINX_SITE },
        { path: "/usr/share/nginx/html/index.html", content: NGINX_PAGE },
      ],
    },
  };
}

/** Its programs alone: who runs it says with which options. */
function mariadb(): ImageEntry {
  return {
    names: ["mariadb"],
    base: "host",
    cmd: ["mariadbd"],
    requires: ["/usr/sbin/mariadbd", "/usr/lib/galera/libgalera_smm.so"],
    remedy: "apt-get install mariadb-server mariadb-backup galera-4 socat",
    root: {
      binds: [{ host: "/usr/share/mysql", path: "/usr/share/mysql" }],
      directories: [{ path: "/var/lib/mysql" }, { path: "/run/mysqld" }],
    },
  };
}

/** The server is rclone's, which speaks the same protocol: Debian has no package of restic's own. */
function restic(): ImageEntry[] {
  return [
    {
      names: ["restic/restic"],
      base: "host",
      entrypoint: ["restic"],
      requires: ["/usr/bin/restic"],
      remedy: "apt-get install restic",
    },
    {
      names: ["restic/rest-server"],
      base: "host",
      entrypoint: ["/entrypoint.sh"],
      env: { DATA_DIRECTORY: "/data", PASSWORD_FILE: "/data/.htpasswd" },
      requires: ["/usr/bin/rclone"],
      remedy: "apt-get install rclone",
      root: {
        directories: [{ path: "/data" }],
        files: [{ path: "/entrypoint.sh", content: REST_SERVER_ENTRYPOINT, mode: 0o755 }],
      },
    },
  ];
}

function nodeImage({ node }: BuiltinOptions): ImageEntry {
  return { names: ["node"], base: "host", cmd: ["node"], root: { binds: [{ host: node, path: NODE_PATH }] } };
}

function boutique(service: string, { bundles, node }: BuiltinOptions): ImageEntry {
  const bundle = `${bundles}/boutique/${service}.js`;
  return {
    names: BOUTIQUE_PREFIXES.map((prefix) => `${prefix}${service}`),
    base: "host",
    entrypoint: ["node", ...SHOP_HEAP, `/app/${service}.js`],
    workingDir: "/app",
    env: { NODE_ENV: "production", MALLOC_ARENA_MAX: "1" },
    requires: [bundle],
    remedy: "npm run bundle",
    root: {
      binds: [
        { host: node, path: NODE_PATH },
        { host: dirname(bundle), path: "/app" },
      ],
    },
  };
}

function liqo({ bundles, node, wireguard }: BuiltinOptions): ImageEntry {
  const programs = LIQO_PROGRAMS.flatMap((name) =>
    [`${name}.js`, `${name}.js.map`].map((file) => ({ host: `${bundles}/${file}`, path: `/opt/liqo/${file}` })),
  );
  const page = `${bundles}/dashboard`;
  return {
    names: ["ghcr.io/liqo-ts/liqo", "liqo-ts/liqo"],
    base: "host",
    entrypoint: ["node"],
    workingDir: "/opt/liqo",
    user: "1000:1000",
    // As in deploy/Dockerfile.
    env: { NODE_ENV: "production", MALLOC_ARENA_MAX: "1" },
    requires: programs.map(({ host }) => host),
    remedy: "npm run bundle",
    root: {
      binds: [
        { host: node, path: NODE_PATH },
        ...programs,
        ...(existsSync(page) ? [{ host: page, path: "/opt/liqo/dashboard" }] : []),
        ...(wireguard === undefined ? [] : [{ host: wireguard, path: "/usr/local/bin/wireguard-go" }]),
      ],
    },
  };
}
