import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CONNECTION_PROBLEM } from "#api/annotations.ts";
import type { ForeignCluster } from "#api/core/foreigncluster.ts";
import type { Connection } from "#api/networking/connection.ts";
import { type PeeringFacts, peeringItem } from "./peering.ts";
import { runningPod } from "./testing.ts";

type Status = "Established" | "Ready" | "Error" | "NotReady" | "SomeNotReady" | "Unknown" | "Pending" | "None";

function peer(network: Status = "Established", api: Status = "Established"): ForeignCluster {
  const off = { enabled: false, conditions: [] };
  return {
    metadata: { name: "rome" },
    spec: { clusterID: "rome" },
    status: {
      role: "Provider",
      conditions: [{ type: "APIServerStatus", status: api }],
      modules: {
        networking: {
          enabled: true,
          conditions: [{ type: "NetworkConnectionStatus", status: network, message: "as it is" }],
        },
        authentication: off,
        offloading: off,
      },
    },
  };
}

const connected: Connection = {
  metadata: { name: "gw-rome" },
  status: { value: "Connected", latency: { value: "1.2345ms" }, mtu: { value: 1340, origin: "Measured" } },
};

function facts(changes: Partial<PeeringFacts> = {}): PeeringFacts {
  const nothing = {
    configurations: [],
    servers: [],
    clients: [],
    slices: [],
    identities: [],
    tenants: [],
    virtualNodes: [],
  };
  return { cluster: "milan", peer: peer(), connections: [connected], ...nothing, podsOn: () => [], ...changes };
}

describe("items of peerings", () => {
  for (const [what, changes, health] of [
    ["all is there", {}, "good"],
    ["there is no network between them", { connections: [] }, "good"],
    ["the tunnel is being made", { connections: [{ status: { value: "Connecting" } }] }, "waiting"],
    ["the tunnel is lost", { connections: [{ status: { value: "Error" } }] }, "bad"],
    ["a module is not there yet", { peer: peer("Pending") }, "waiting"],
    ["a module has failed", { peer: peer("Error") }, "bad"],
    ["some nodes lose packets", { peer: peer("SomeNotReady") }, "bad"],
    ["nobody tells of the tunnel any more", { peer: peer("Unknown") }, "bad"],
    ["the peer's API server is lost", { peer: peer("Established", "Error") }, "bad"],
    [
      "it is being ended",
      { peer: { ...peer(), metadata: { name: "rome", deletionTimestamp: "2026-01-01T00:00:00Z" } } },
      "ending",
    ],
  ] as const) {
    test(`${what}: ${health}`, () => assert.equal(peeringItem(facts(changes)).health, health));
  }

  test("the tunnel says where it goes to and what it carries", () => {
    const clients = [{ spec: { endpoint: { addresses: ["198.51.100.2"], port: 51840, protocol: "UDP" as const } } }];
    const metadata = { name: "gw-rome", annotations: { [CONNECTION_PROBLEM]: "UDP is shut" } };
    assert.deepEqual(peeringItem(facts({ clients, connections: [{ ...connected, metadata }] })).connection, {
      ...{ state: "Connected", latencyMs: 1.235, mtu: 1340, endpoint: "198.51.100.2:51840", message: "UDP is shut" },
    });
  });

  for (const [network, state, paths] of [
    ["Established", "Connected", undefined],
    ["SomeNotReady", "Connected", "as it is"],
    ["Unknown", "Unknown", "as it is"],
  ] as const)
    test(`the ForeignCluster says ${network}: the tunnel is ${state}`, () => {
      const { connection } = peeringItem(facts({ peer: peer(network) }));
      assert.deepEqual([connection?.state, connection?.paths], [state, paths]);
    });

  test("CIDRs are those of the peer, and what they are called here", () => {
    const configurations = [
      {
        spec: { remote: { cidr: { pod: ["10.244.0.0/16"], external: ["10.70.0.0/16"] } } },
        status: { remote: { cidr: { pod: ["10.245.0.0/16"], external: ["10.70.0.0/16"] } } },
      },
    ];
    assert.deepEqual(peeringItem(facts({ configurations })).cidrs, [
      { what: "pod", theirs: "10.244.0.0/16", here: "10.245.0.0/16" },
      { what: "external", theirs: "10.70.0.0/16", here: "10.70.0.0/16" },
    ]);
  });

  test("of a slice that this cluster consumes it says what is granted and what its node's pods ask for", () => {
    const accepted = (["Authentication", "Resources"] as const).map((type) => ({ type, status: "Accepted" as const }));
    const slices = [
      {
        metadata: { name: "rome" },
        status: { resources: { cpu: "4", memory: "8Gi", pods: "110" }, conditions: accepted },
      },
    ];
    const owner = { apiVersion: "v1", kind: "ResourceSlice", name: "rome", uid: "u" };
    const virtualNodes = [{ metadata: { name: "liqo-rome", ownerReferences: [owner] } }];
    const resources = { requests: { cpu: "250m", memory: "1Gi" } };
    const pod = runningPod({ spec: { containers: [{ name: "web", resources }] } });
    const done = runningPod({ spec: { containers: [{ name: "web", resources }] }, status: { phase: "Succeeded" } });
    const podsOn = (node: string) => (node === "liqo-rome" ? [pod, done] : []);
    assert.deepEqual(peeringItem(facts({ slices, virtualNodes, podsOn })).slices, [
      {
        ...{ name: "rome", accepted: true, granted: { cpu: 4000, memory: 8 * 1024 ** 3, pods: 110 } },
        used: { cpu: 250, memory: 1024 ** 3, pods: 1 },
      },
    ]);
  });

  test("a slice that is refused says why", () => {
    const conditions = [{ type: "Resources" as const, status: "Denied" as const, message: "nothing is left" }];
    const [slice] = peeringItem(facts({ slices: [{ metadata: { name: "rome" }, status: { conditions } }] })).slices;
    assert.deepEqual([slice?.accepted, slice?.message], [false, "nothing is left"]);
  });
});
