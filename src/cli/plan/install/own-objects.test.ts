import assert from "node:assert/strict";
import { test } from "node:test";
import type { IP } from "#api/ipam/ip.ts";
import { forgeWellKnownIp } from "#forge/ip.ts";
import { titleOf } from "../model.ts";
import { type OwnFacts, planOwnObjects } from "./own-objects.ts";

const service = (clusterIP?: string) => ({ spec: clusterIP === undefined ? {} : { clusterIP } });
const API = forgeWellKnownIp("liqo", { name: "api-server", type: "api-server", address: "10.96.0.1" });
const PROXY = forgeWellKnownIp("liqo", { name: "api-server-proxy", type: "api-server-proxy", address: "10.96.0.7" });

const SECRETS = ["create Secret liqo/liqo-webhook-certs", "create Secret liqo/authentication-keys"];
const TABLE = "create FirewallConfiguration liqo/service-nodeport-routing";
const ofIp = (name: string): string => `create FirewallConfiguration liqo/${name}-remap-ipmapping-gw`;
const NODE = [
  "create InternalNode worker",
  "create RouteConfiguration liqo/worker-gw-node",
  "create RouteConfiguration liqo/worker-extcidr",
  "create RouteConfiguration liqo/worker-service-nodeport-routing",
];
const REMAPPED = "change RouteConfiguration liqo/worker-extcidr";

interface Case {
  readonly flags?: Readonly<Record<string, string>>;
  readonly proxy?: OwnFacts["proxy"];
  readonly ips?: readonly IP[];
}

function planned({ flags = {}, proxy, ips = [] }: Case) {
  const { steps, roots } = planOwnObjects({
    id: "milan",
    liqoNamespace: "liqo",
    flagOf: (name) => flags[name],
    nodes: [
      { metadata: { name: "worker" } },
      { metadata: { name: "liqo-rome", labels: { "liqo.io/type": "virtual-node" } } },
    ],
    apiServer: service("10.96.0.1"),
    slices: [],
    proxy,
    ips,
  });
  return [
    ...steps.map(({ verb, object }) => `${verb} ${titleOf(object)}`),
    ...roots.map(({ object }) => `delete ${titleOf(object)}`),
  ];
}

for (const [what, facts, expected] of [
  [
    "on a new cluster, whose proxy has no address yet",
    { proxy: service() },
    [
      ...SECRETS,
      ...["create IP liqo/api-server", "create IP liqo/api-server-proxy"],
      ...[ofIp("api-server"), ofIp("api-server-proxy"), TABLE, ...NODE, REMAPPED],
    ],
  ],
  [
    "where all is there",
    { proxy: service("10.96.0.7"), ips: [API, PROXY] },
    [...SECRETS, ofIp("api-server"), ofIp("api-server-proxy"), TABLE, ...NODE],
  ],
  [
    "without a proxy any more",
    { flags: { "enable-api-server-proxy-ip-remapping": "false" }, proxy: service("10.96.0.7"), ips: [API, PROXY] },
    [...SECRETS, ofIp("api-server"), TABLE, ...NODE, REMAPPED, "delete IP liqo/api-server-proxy"],
  ],
  ["without a network", { flags: { "networking-enabled": "false" }, ips: [API] }, SECRETS],
  [
    "without authentication",
    { flags: { "authentication-enabled": "false", "networking-enabled": "false" } },
    SECRETS.slice(0, 1),
  ],
] as const satisfies readonly (readonly [string, Case, readonly string[]])[])
  test(`what Liqo makes for itself ${what}`, () => assert.deepEqual(planned(facts), expected));
