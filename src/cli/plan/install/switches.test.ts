import assert from "node:assert/strict";
import { test } from "node:test";
import { MANAGED_BY_NAMESPACE_MAP } from "#api/annotations.ts";
import { titleOf } from "../model.ts";
import { planSwitches, type SwitchFacts } from "./switches.ts";

const BYPASS = "worker-gw-masquerade-bypass";
const peer = { labels: { "liqo.io/remote-cluster-id": "rome" } };
const named = (name: string, more = {}) => ({ metadata: { name, namespace: "liqo-tenant-rome", ...more } });
const twin = (name: string, level: string) => ({
  kind: "Namespace",
  metadata: {
    name,
    labels: { "pod-security.kubernetes.io/enforce": level },
    annotations: { [MANAGED_BY_NAMESPACE_MAP]: "liqo-tenant-rome/rome" },
  },
});
const table = (name: string, namespace: string) => ({ kind: "FirewallConfiguration", metadata: { name, namespace } });

/** A cluster with a peer whose gateway runs on the node `worker`. */
const PEERED: Omit<SwitchFacts, "before" | "after"> = {
  ...{ id: "milan", liqoNamespace: "liqo", hasProxy: true },
  nodes: [{ metadata: { name: "worker" } }, { metadata: { name: "idle" } }],
  pods: [
    {
      metadata: { name: "gw", labels: { "networking.liqo.io/gateway-name": "rome" } },
      spec: { nodeName: "worker", containers: [] },
    },
  ],
  configurations: [
    {
      ...named("rome", peer),
      spec: { local: { cidr: { pod: ["10.244.0.0/16"], external: ["10.70.0.0/16"] } } },
      status: { remote: { cidr: { pod: ["10.71.0.0/16"], external: ["10.72.0.0/16"] } } },
    },
  ],
  connections: [{ ...named("rome", peer) }],
  tenants: [{ ...named("rome"), spec: { clusterID: "rome", proxyURL: "http://10.70.0.3:8118" } }],
  objects: [table("rome-masquerade-bypass", "liqo-tenant-rome"), twin("shop-rome", "baseline")],
};

type Flags = Readonly<Record<string, string>>;

function planned(before: Flags, after: Flags, facts: Partial<SwitchFacts> = {}) {
  const told = { "cluster-id": "milan" };
  const part = planSwitches({
    ...PEERED,
    before: (name) => ({ ...told, ...before })[name],
    after: (name) => ({ ...told, ...after })[name],
    ...facts,
  });
  return {
    steps: (part.steps ?? []).map(({ verb, object }) => `${verb} ${titleOf(object)}`),
    breaks: part.breaks ?? [],
    remarks: part.remarks ?? [],
  };
}

const full = { "fabric-full-masquerade-enabled": "true" };
const bypass = { "gateway-masquerade-bypass-enabled": "true" };

for (const [what, before, after, facts, expected] of [
  ["nothing", {}, {}, {}, []],
  ["full masquerade", {}, full, {}, ["change FirewallConfiguration liqo-tenant-rome/rome-masquerade-bypass"]],
  ["full masquerade, as before", full, full, {}, []],
  ["full masquerade, without a table yet", {}, full, { objects: [] }, []],
  ["a bypass on nodes with gateways", {}, bypass, {}, [`create FirewallConfiguration liqo/${BYPASS}`]],
  ["a bypass that is there", {}, bypass, { objects: [table(BYPASS, "liqo")] }, []],
  [
    "no bypass any more",
    bypass,
    {},
    { objects: [table(BYPASS, "liqo")] },
    [`delete FirewallConfiguration liqo/${BYPASS}`],
  ],
  ["stricter pods of consumers", {}, { "pod-security-enforce": "restricted" }, {}, ["change Namespace shop-rome"]],
  ["pods of consumers may do all", {}, { "pod-security-enforce": "privileged" }, {}, ["change Namespace shop-rome"]],
  [
    "a level that somebody else has set",
    {},
    { "pod-security-enforce": "privileged" },
    { objects: [twin("shop-rome", "restricted")] },
    [],
  ],
] as const satisfies readonly (readonly [string, Flags, Flags, Partial<SwitchFacts>, readonly string[]])[])
  test(`what the controller manager is told anew: ${what}`, () =>
    assert.deepEqual(planned(before, after, facts).steps, expected));

test("a network that is switched off, and a proxy that goes, break what goes through them", () => {
  assert.deepEqual(planned({}, { "networking-enabled": "false" }).breaks, [
    "the connection between milan and rome breaks",
  ]);
  assert.deepEqual(planned({}, {}, { hasProxy: false }).breaks, [
    "rome, which peers in-band, reaches the API server of milan no more: Deployment liqo-proxy is deleted",
  ]);
  assert.deepEqual(planned({}, {}, { hasProxy: false, tenants: [named("rome")] }).breaks, []);
});

test("marks for all that Liqo makes are told as one, and not on an installation", () => {
  const marks = { "global-labels": "a=b" };
  assert.match(planned({}, marks).remarks.join(), /^--global-labels changes: /);
  assert.deepEqual(planned({ "cluster-id": undefined } as unknown as Flags, marks).remarks, []);
});
