import assert from "node:assert/strict";
import { test } from "node:test";
import type { NetworkPolicy, NetworkPolicyPeer } from "kubernetes-types/networking/v1";
import type { ReflectionScope } from "../reflected-metadata.ts";
import { type ForeignPod, forgeShadowNetworkPolicy, type PolicyView } from "./shadow.ts";

const scope: ReflectionScope = {
  origin: "milan",
  destination: "rome",
  nodeName: "liqo-rome",
  labelsNotReflected: ["secret"],
  annotationsNotReflected: [],
};
const web = { podSelector: { matchLabels: { app: "web" } } };
const http = { name: "http", protocol: "TCP", port: 8080 };
const foreign: Readonly<Record<string, readonly ForeignPod[]>> = {
  shop: [
    { address: "10.244.0.3", isRelayed: false, ports: [http] },
    { address: "10.244.0.2", isRelayed: false, ports: [{ ...http, port: 81 }] },
  ],
  home: [{ address: "10.244.0.9", isRelayed: false, ports: [] }],
  far: [{ address: "10.70.0.3", isRelayed: true, ports: [] }],
  unmapped: [{ address: undefined, isRelayed: true, ports: [] }],
  many: Array.from({ length: 1_001 }, (_, i) => ({
    address: `10.244.${i >> 8}.${i & 255}`,
    isRelayed: false,
    ports: [],
  })),
};
const view: PolicyView = {
  foreignPods: (namespace) => foreign[namespace] ?? [],
  namespaces: (selector) => (selector.matchLabels?.["in"] ?? "").split(".").filter((name) => name !== ""),
  twinOf: (namespace) => (namespace === "home" ? undefined : `${namespace}-milan`),
  native: [{ from: "10.244.0.0/16", to: "10.245.0.0/16" }],
};
const inNamespaces = (...names: string[]) => ({ namespaceSelector: { matchLabels: { in: names.join(".") } } });

function forge(spec: Partial<NonNullable<NetworkPolicy["spec"]>>) {
  const local = { metadata: { name: "p", namespace: "shop" }, spec: { podSelector: {}, ...spec } };
  const { shadow, refused } = forgeShadowNetworkPolicy(local, "shop-milan", scope, view);
  return { spec: shadow.spec, refused, metadata: shadow.metadata };
}
const ofPeers = (...from: NetworkPolicyPeer[]) => forge({ ingress: [{ from }] });

for (const [title, peer, peers] of [
  ["pods of the namespace, there and elsewhere", web, [web, { addresses: ["10.244.0.2", "10.244.0.3"] }]],
  [
    "pods of namespaces, offloaded or not",
    { ...web, ...inNamespaces("home", "other") },
    [{ ...web, namespaces: ["other-milan"] }, { addresses: ["10.244.0.9"] }],
  ],
  ["pods of a namespace that is not offloaded", inNamespaces("home"), [{ addresses: ["10.244.0.9"] }]],
  ["everybody", { ipBlock: { cidr: "0.0.0.0/0" } }, [{ ipBlock: { cidr: "0.0.0.0/0" } }]],
  ["the provider's pods", { ipBlock: { cidr: "10.245.3.0/24" } }, [{ nativeBlock: { cidr: "10.244.3.0/24" } }]],
  [
    "a block around the provider's pods",
    { ipBlock: { cidr: "10.0.0.0/8" } },
    [{ ipBlock: { cidr: "10.0.0.0/8", except: ["10.245.0.0/16"] } }, { nativeBlock: { cidr: "10.244.0.0/16" } }],
  ],
] as [string, NetworkPolicyPeer, unknown][]) {
  test(`a rule about ${title}`, () => {
    const { spec, refused } = ofPeers(peer);
    assert.deepEqual(spec?.ingress, [{ peers }]);
    assert.deepEqual(refused, []);
  });
}

for (const [title, peer, at, isRest] of [
  ["IPv6", { ipBlock: { cidr: "fd00::/8" } }, /^spec\.ingress\[0\]\.from\[0\]\.ipBlock: fd00::\/8/, false],
  ["too many pods", inNamespaces("many"), /^spec\.ingress\[0\]\.from\[0\]: more than 1000 pods/, true],
  [
    "senders at other providers",
    inNamespaces("far"),
    /^spec\.ingress\[0\]\.from\[0\]: pods of other providers come in under one address/,
    true,
  ],
  ["Liqo's labels", { podSelector: { matchLabels: { "liqo.io/x": "y" } } }, /podSelector: label liqo\.io\/x/, true],
  [
    "labels that stay at home",
    { podSelector: { matchExpressions: [{ key: "secret", operator: "Exists" }] } },
    /label secret/,
    true,
  ],
] as [string, NetworkPolicyPeer, RegExp, boolean][]) {
  test(`${title}: refused by its field, and allows nobody`, () => {
    const { spec, refused } = ofPeers(peer);
    assert.match(refused.join("\n"), at);
    const peers = (spec?.ingress ?? []).map((rule) => rule.peers);
    assert.ok(!peers.includes(undefined), "no rule is about everybody");
    assert.equal(peers.length > 0, isRest);
  });
}

test("a rule whose peers are nobody is not one about everybody", () => {
  assert.deepEqual(ofPeers(inNamespaces()).spec, { podSelector: {}, policyTypes: ["Ingress"] });
  assert.deepEqual(forge({ ingress: [{}] }).spec?.ingress, [{}]);
});

test("a policy about labels that stay at home isolates all pods, and allows nothing", () => {
  const { spec, refused } = forge({ podSelector: { matchLabels: { secret: "x" } }, ingress: [{}], egress: [{}] });
  assert.deepEqual(spec, { podSelector: {}, policyTypes: ["Ingress", "Egress"] });
  assert.match(refused.join(), /^spec\.podSelector: label secret/);
});

test("a port's name travels, and is a number for pods that run elsewhere", () => {
  const ports = [{ port: "http", protocol: "TCP" }];
  assert.deepEqual(forge({ ingress: [{ from: [web], ports }] }).spec?.ingress?.[0]?.ports, ports);
  assert.deepEqual(forge({ egress: [{ to: [web], ports }] }).spec?.egress, [
    { peers: [web], ports },
    { peers: [{ addresses: ["10.244.0.3"] }], ports: [{ protocol: "TCP", port: 8080 }] },
    { peers: [{ addresses: ["10.244.0.2"] }], ports: [{ protocol: "TCP", port: 81 }] },
  ]);
  const { spec, refused } = forge({ egress: [{ ports }] });
  assert.deepEqual(spec?.egress, [{ ports }]);
  assert.match(refused.join(), /^spec\.egress\[0\]\.ports: a name means nothing/);
});

test("who is sent to at another provider is named by the address of its IP, once it has one", () => {
  const { spec, refused } = forge({ egress: [{ to: [inNamespaces("far")] }, { to: [inNamespaces("unmapped")] }] });
  const [first, second] = spec?.egress ?? [];
  assert.deepEqual(first?.peers?.at(-1), { addresses: ["10.70.0.3"] });
  assert.deepEqual(second?.peers, [{ namespaces: ["unmapped-milan"] }]);
  assert.match(refused.join(), /^spec\.egress\[1\]\.to\[0\]: pods of other providers that have no IP object/);
});

test("who may ask this cluster's DNS may ask the provider's, and DNS is let in nowhere by that", () => {
  const dns = { podSelector: { matchLabels: { "k8s-app": "kube-dns" } }, ...inNamespaces("kube-system") };
  const ports = [{ port: 53, protocol: "UDP" }];
  assert.deepEqual(forge({ egress: [{ to: [dns], ports }] }).spec?.egress?.[0]?.peers?.at(-1), { clusterDns: true });
  const others = { ...web, ...inNamespaces("kube-system") };
  for (const { spec } of [forge({ egress: [{ to: [others], ports }] }), forge({ ingress: [{ from: [dns] }] })])
    assert.doesNotMatch(JSON.stringify(spec), /clusterDns/);
});

test("whose it is is said", () => {
  assert.deepEqual(forge({}).metadata, {
    name: "p",
    namespace: "shop-milan",
    labels: { "offloading.liqo.io/origin": "milan", "offloading.liqo.io/destination": "rome" },
  });
});
