import assert from "node:assert/strict";
import { test } from "node:test";
import type { ForeignCluster } from "#api/core/foreigncluster.ts";
import type { ShadowEndpointSlice } from "#api/offloading/shadow.ts";
import { mustParseCidr } from "#base/cidr.ts";
import type { Surroundings } from "./addresses.ts";
import { planSlice } from "./plan.ts";

const shadow = (
  ...endpoints: readonly { addresses: string[]; conditions?: { ready: boolean } }[]
): ShadowEndpointSlice =>
  ({
    metadata: { namespace: "shop-milan", name: "cart", uid: "1", labels: { app: "cart", "liqo.io/managed": "no" } },
    spec: { template: { addressType: "IPv4", endpoints, ports: [{ port: 80 }] } },
  }) as unknown as ShadowEndpointSlice;
const cidr = { pod: ["10.1.0.0/16"], external: ["10.2.0.0/16"] };
const NAPLES = { metadata: {}, status: { remote: { cidr: { pod: ["10.80.0.0/16"] } } } } as never;
const SURROUNDINGS: Surroundings = {
  configuration: { metadata: {}, spec: { remote: { cidr } }, status: { remote: { cidr } } } as never,
  hasPod: () => false,
  otherPeer: (clusterId) =>
    clusterId === "naples" ? { configuration: NAPLES, foreign: peer("Error", "Established") } : undefined,
  clusterId: "rome",
  own: [mustParseCidr("10.244.0.0/16")],
};
const peer = (connection: string | undefined, apiServer: string | undefined, enabled = true): ForeignCluster =>
  ({
    status: {
      ...(apiServer !== undefined && { conditions: [{ type: "APIServerStatus", status: apiServer }] }),
      modules: {
        networking: {
          enabled,
          ...(connection !== undefined && { conditions: [{ type: "NetworkConnectionStatus", status: connection }] }),
        },
        authentication: { enabled: true },
        offloading: { enabled: true },
      },
    },
  }) as ForeignCluster;

for (const [name, isReady, of] of [
  ["tunnel and API server are up", true, peer("Established", "Established")],
  ["the tunnel is down", false, peer("Error", "Established")],
  ["the tunnel is not known of", false, peer(undefined, "Established")],
  ["the API server does not answer", false, peer("Established", "Error")],
  ["nobody asks the API server", true, peer("Established", undefined)],
  ["there is no network with the peer", true, peer(undefined, "Established", false)],
  ["nothing is known of the peer", true, undefined],
] as const) {
  test(`endpoints are ${isReady ? "" : "not "}ready when ${name}`, () => {
    const { slice } = planSlice(shadow({ addresses: ["10.1.0.5"] }), SURROUNDINGS, of);
    assert.equal(slice.endpoints[0]?.conditions?.ready, isReady);
  });
}

test("an endpoint that is not ready at home is not ready here", () => {
  const { slice } = planSlice(
    shadow({ addresses: ["10.1.0.5"], conditions: { ready: false } }),
    SURROUNDINGS,
    undefined,
  );
  assert.equal(slice.endpoints[0]?.conditions?.ready, false);
});

test("what is none of the consumer's is left out, and an endpoint without addresses as a whole", () => {
  const { slice, refused } = planSlice(
    shadow({ addresses: ["10.1.0.5", "10.244.0.9"] }, { addresses: ["169.254.169.254"] }),
    SURROUNDINGS,
    undefined,
  );
  assert.deepEqual(
    slice.endpoints.map(({ addresses }) => addresses),
    [["10.1.0.5"]],
  );
  assert.deepEqual(refused, ["10.244.0.9", "169.254.169.254"]);
});

test("where it is not known whose they are, none is let pass", () => {
  const { slice, refused } = planSlice(shadow({ addresses: ["10.1.0.5"] }), undefined, undefined);
  assert.deepEqual([slice.endpoints, refused], [[], ["10.1.0.5"]]);
});

test("the consumer's labels travel, Liqo's are this cluster's", () => {
  const { slice } = planSlice(shadow(), SURROUNDINGS, undefined);
  assert.deepEqual(slice.metadata?.labels, {
    app: "cart",
    "liqo.io/managed": "true",
    "liqo.io/managed-by": "shadowendpointslice",
  });
  assert.equal(slice.metadata?.ownerReferences?.[0]?.uid, "1");
});

test("what runs at another peer is reached there, and as ready as the way there", () => {
  const own = shadow({ addresses: ["10.90.0.7"] }, { addresses: ["10.1.0.5"] }, { addresses: ["10.90.0.8"] });
  const data = {
    clusterAddresses: { naples: ["10.90.0.7"], turin: ["10.90.0.8"] },
    relayedAddresses: { "10.90.0.8": "10.2.0.8" },
  };
  const annotations = { "liqo.io/direct-connections-data": JSON.stringify(data) };
  const { slice, refused } = planSlice({ ...own, metadata: { ...own.metadata, annotations } }, SURROUNDINGS, undefined);
  assert.deepEqual(
    slice.endpoints.map(({ addresses, conditions }) => [addresses, conditions?.ready]),
    [
      [["10.80.0.7"], false],
      [["10.1.0.5"], true],
      [["10.2.0.8"], true],
    ],
  );
  assert.deepEqual([slice.metadata?.annotations, refused], [{}, []]);
});
