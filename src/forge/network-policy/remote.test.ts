import assert from "node:assert/strict";
import { test } from "node:test";
import type { ShadowNetworkPolicy, ShadowPolicyPeer } from "#api/offloading/shadow.ts";
import { forgeRemotePolicy, type RemotePolicyOptions } from "./remote.ts";

const options: RemotePolicyOptions = {
  place: (address) => (address.startsWith("10.244.") ? address.replace("10.244.", "10.245.") : undefined),
  moves: [
    { from: "10.244.0.0/16", to: "10.245.0.0/16" },
    { from: "10.70.0.0/16", to: "10.71.0.0/16" },
  ],
  // Its own pods, what it sees of this consumer, and of another one.
  reserved: ["10.244.0.0/16", "10.245.0.0/16", "10.71.0.0/16", "10.246.0.0/16"],
  isTwin: (namespace) => namespace.endsWith("-milan"),
  hasOwnPolicies: false,
};

function forge(peers: ShadowPolicyPeer[] | undefined, more: Partial<RemotePolicyOptions> = {}) {
  const rule = peers === undefined ? {} : { peers };
  const shadow: ShadowNetworkPolicy = {
    metadata: { name: "p", namespace: "shop-milan", uid: "1", labels: { app: "x", "liqo.io/remote-cluster-id": "x" } },
    spec: { podSelector: {}, policyTypes: ["Ingress"], ingress: [rule] },
  };
  return forgeRemotePolicy(shadow, { ...options, ...more });
}

for (const [title, peer, from] of [
  ["pods of the twin", { podSelector: {} }, [{ podSelector: {} }]],
  ["addresses", { addresses: ["10.244.0.2", "10.244.0.2"] }, [{ ipBlock: { cidr: "10.245.0.2/32" } }]],
  ["the consumer's pods", { ipBlock: { cidr: "10.244.0.0/16" } }, [{ ipBlock: { cidr: "10.245.0.0/16" } }]],
  ["what no pod of the consumer is in", { ipBlock: { cidr: "192.0.2.0/24" } }, [{ ipBlock: { cidr: "192.0.2.0/24" } }]],
  ["everybody", { ipBlock: { cidr: "0.0.0.0/0" } }, [{ ipBlock: { cidr: "0.0.0.0/0" } }]],
  ["pods here", { nativeBlock: { cidr: "10.244.3.0/24" } }, [{ ipBlock: { cidr: "10.244.3.0/24" } }]],
  [
    "a block around all of them",
    { ipBlock: { cidr: "10.0.0.0/8", except: ["10.0.0.0/16"] } },
    [
      { ipBlock: { cidr: "10.245.0.0/16" } },
      { ipBlock: { cidr: "10.71.0.0/16" } },
      {
        ipBlock: {
          cidr: "10.0.0.0/8",
          except: ["10.0.0.0/16", "10.70.0.0/16", "10.71.0.0/16", "10.244.0.0/16", "10.245.0.0/16", "10.246.0.0/16"],
        },
      },
    ],
  ],
] as [string, ShadowPolicyPeer, unknown][]) {
  test(`a rule about ${title}`, () => {
    const { policy, refused } = forge([peer]);
    assert.deepEqual(policy.spec?.ingress, [{ from }]);
    assert.deepEqual(refused, []);
  });
}

test("DNS is this cluster's, and of the rest of its namespace nothing", () => {
  const { policy } = forge([{ clusterDns: true }]);
  const peer = {
    podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
  };
  assert.deepEqual(policy.spec?.ingress, [{ from: [peer] }]);
});

test("namespaces are twins of that consumer by their names, and no others", () => {
  const { policy, refused } = forge([{ namespaces: ["shop-milan", "kube-system", "shop-naples"] }]);
  const names = { key: "kubernetes.io/metadata.name", operator: "In", values: ["shop-milan"] };
  assert.deepEqual(policy.spec?.ingress, [{ from: [{ namespaceSelector: { matchExpressions: [names] } }] }]);
  assert.deepEqual(refused, ["spec.ingress[0].peers[0].namespaces: not all of them are the consumer's"]);
});

for (const [title, peer] of [
  ["namespaces of others", { namespaces: ["kube-system"] }],
  ["addresses of nobody", { addresses: ["10.96.0.1"] }],
  ["another consumer's pods", { ipBlock: { cidr: "10.246.3.0/24" } }],
] as [string, ShadowPolicyPeer][]) {
  test(`a rule about nothing but ${title} is none, not one about everybody`, () => {
    assert.equal(forge([peer]).policy.spec?.ingress, undefined);
  });
}

test("a rule without peers is about everybody", () => {
  assert.deepEqual(forge(undefined).policy.spec?.ingress, [{}]);
});

test("where the cluster has policies of its own, the consumer's isolate and allow nothing", () => {
  const { policy, refused } = forge(undefined, { hasOwnPolicies: true });
  assert.deepEqual([policy.spec?.ingress, policy.spec?.policyTypes], [undefined, ["Ingress"]]);
  assert.match(refused.join(), /of its own in namespace shop-milan/);
});

test("it is owned by its shadow, and has no mark that a consumer wrote", () => {
  const { metadata } = forge(undefined).policy;
  assert.deepEqual(metadata?.labels, {
    app: "x",
    "liqo.io/managed": "true",
    "liqo.io/managed-by": "shadownetworkpolicy",
  });
  assert.equal(metadata?.ownerReferences?.[0]?.uid, "1");
});
