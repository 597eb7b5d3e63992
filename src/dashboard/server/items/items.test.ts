import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Deployment } from "kubernetes-types/apps/v1";
import type { Event, Namespace, Node, Service } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import * as annotations from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import { clusterItem } from "./cluster.ts";
import { namespaceItem, originOf, trimNamespace } from "./namespace.ts";
import { nodeItem, trimNode } from "./node.ts";
import { reflectedItem } from "./reflected.ts";
import { serviceItem, trimEndpointSlice, trimService } from "./service.ts";
import { trimReplicated, workloadItem } from "./workload.ts";
import { trimMetadata, writerOf } from "./writer.ts";

describe("items of clusters", () => {
  const answering = { cluster: "milan", id: "milan-id", version: "v1.35.0", silence: undefined, refused: [] };
  for (const [what, state, reachable, message] of [
    ["that answers", answering, true, undefined],
    ["that does not", { ...answering, silence: "connection refused" }, false, "connection refused"],
    ["that does not tell all", { ...answering, refused: ["pods", "nodes"] }, true, "may not be read: nodes, pods"],
  ] as const) {
    test(`one ${what}`, () => {
      const item = clusterItem(state);
      assert.deepEqual([item.key, item.reachable, item.message], ["cluster/milan//", reachable, message]);
    });
  }
});

describe("items of nodes", () => {
  const node = (changes: object = {}): Node => ({
    metadata: {
      name: "liqo-rome",
      labels: { [labels.TYPE]: labels.TYPE_VIRTUAL_NODE, [labels.REMOTE_CLUSTER_ID]: "rome" },
    },
    spec: {},
    status: {
      allocatable: { cpu: "1500m", memory: "2Gi", pods: "110" },
      conditions: [
        { type: "Ready", status: "True" },
        { type: "MemoryPressure", status: "False" },
      ],
    },
    ...changes,
  });

  test("a virtual one says for which provider it stands", () => {
    const { provider, ready, cordoned, allocatable } = nodeItem(trimNode(node()), "milan");
    assert.deepEqual(
      { provider, ready, cordoned, allocatable },
      {
        ...{ provider: "rome", ready: true, cordoned: false },
        allocatable: { cpu: 1500, memory: 2 * 1024 ** 3, pods: 110 },
      },
    );
  });

  test("one that is not ready says why", () => {
    const status = { conditions: [{ type: "Ready", status: "False", message: "the peer does not answer" }] };
    const { ready, message } = nodeItem(trimNode(node({ status })), "milan");
    assert.deepEqual([ready, message], [false, "the peer does not answer"]);
  });

  test("one that is cordoned", () => {
    assert.equal(nodeItem(trimNode(node({ spec: { unschedulable: true } })), "milan").cordoned, true);
  });
});

describe("items of namespaces", () => {
  const twin: Namespace = {
    metadata: {
      name: "shop-milan",
      labels: { [labels.REMOTE_CLUSTER_ID]: "milan" },
      annotations: {
        [annotations.ORIGINAL_NAME]: "shop",
        [annotations.MANAGED_BY_NAMESPACE_MAP]: "liqo-tenant-milan/milan",
      },
    },
  };

  test("a twin names the one that it stands for", () => {
    assert.deepEqual(namespaceItem(trimNamespace(twin), "rome", undefined).origin, {
      clusterID: "milan",
      namespace: "shop",
    });
  });

  test("one that no NamespaceMap has made is no twin", () => {
    const { name, labels: own } = twin.metadata ?? {};
    assert.equal(
      originOf({
        metadata: {
          ...(name && { name }),
          ...(own && { labels: own }),
          annotations: { [annotations.ORIGINAL_NAME]: "shop" },
        },
      }),
      undefined,
    );
  });

  test("one that is offloaded says how", () => {
    const offloading = {
      spec: { podOffloadingStrategy: "Remote" as const },
      status: { offloadingPhase: "Ready", remoteNamespaceName: "shop-milan" },
    };
    assert.deepEqual(namespaceItem({ metadata: { name: "shop" } }, "milan", offloading).offloading, {
      ...{ strategy: "Remote", phase: "Ready", remoteName: "shop-milan" },
    });
  });
});

describe("items of Services", () => {
  const service: Service = {
    metadata: { name: "web", namespace: "shop-milan", labels: { [labels.ORIGIN]: "milan" } },
    spec: {
      ...{ type: "LoadBalancer", clusterIP: "10.96.0.3", externalIPs: ["192.0.2.1"] },
      ports: [{ name: "http", port: 80, nodePort: 30080, protocol: "TCP" }, { port: 81 }],
    },
    status: { loadBalancer: { ingress: [{ ip: "198.51.100.7" }, { hostname: "web.example.org" }] } },
  };
  const slice: EndpointSlice = {
    ...{ addressType: "IPv4", ports: [] },
    endpoints: [
      {
        addresses: ["10.244.0.9"],
        conditions: { ready: false },
        targetRef: { kind: "Pod", name: "web-2", namespace: "shop-milan" },
      },
      {
        addresses: ["10.245.0.3"],
        conditions: { ready: true },
        nodeName: "milan",
        targetRef: { kind: "RemotePod", name: "web-1", namespace: "shop" },
      },
      { addresses: ["10.0.0.1"] },
    ],
  };
  const around = { cluster: "rome", contextOf: (id: string) => `context-of-${id}` };

  test("endpoints name their pods, in whichever cluster", () => {
    assert.deepEqual(serviceItem(trimService(service), [trimEndpointSlice(slice)], around).endpoints, [
      { address: "10.0.0.1", ready: true },
      { address: "10.244.0.9", ready: false, pod: "pod/rome/shop-milan/web-2" },
      { address: "10.245.0.3", ready: true, pod: "pod/context-of-milan/shop/web-1" },
    ]);
  });

  test("what one sees of it from outside", () => {
    const { type, clusterIP, external, ports, origin } = serviceItem(trimService(service), [], around);
    assert.deepEqual(
      { type, clusterIP, external, ports, origin },
      {
        ...{ type: "LoadBalancer", clusterIP: "10.96.0.3", origin: "milan" },
        external: ["198.51.100.7", "web.example.org", "192.0.2.1"],
        ports: [
          { name: "http", port: 80, nodePort: 30080, protocol: "TCP" },
          { port: 81, protocol: "TCP" },
        ],
      },
    );
  });
});

test("a Deployment says how many of its pods are ready", () => {
  const object: Deployment = { metadata: { name: "web", namespace: "shop" }, status: { readyReplicas: 1 } };
  Object.assign(object, { spec: { replicas: 3, template: { spec: { containers: [] } } } });
  const { key, wanted, ready } = workloadItem({ of: "Deployment", object: trimReplicated(object) }, "milan");
  assert.deepEqual([key, wanted, ready], ["workload/milan/shop/Deployment%2Fweb", 3, 1]);
});

test("a copied object says from where, and what its consumer tells of a failure", () => {
  const object = { metadata: { name: "settings", namespace: "shop-milan", labels: { [labels.ORIGIN]: "milan" } } };
  const failure: Event = { metadata: {}, involvedObject: {}, message: "exceeded quota" };
  const { key, origin, lastError } = reflectedItem("ConfigMap", object, "rome", failure);
  assert.deepEqual(
    [key, origin, lastError],
    ["reflected/rome/shop-milan/ConfigMap%2Fsettings", "milan", "exceeded quota"],
  );
});

describe("who wrote last", () => {
  const entry = (manager: string, time: string) => ({ manager, operation: "Update", time, fieldsV1: { "f:spec": {} } });
  const NOW = Date.parse("2026-01-01T00:01:00Z");
  const written = (manager: string, time: string) => ({
    metadata: trimMetadata({ metadata: { managedFields: [entry(manager, time)] } }),
  });

  test("it is the manager with the latest time, without its fields", () => {
    const managedFields = [
      entry("kubelet", "2026-01-01T00:00:02Z"),
      entry("kubectl", "2026-01-01T00:00:03Z"),
      entry("helm", "2026-01-01T00:00:01Z"),
    ];
    assert.deepEqual(trimMetadata({ metadata: { name: "web", managedFields } }), {
      name: "web",
      managedFields: [{ manager: "kubectl", operation: "Update", time: "2026-01-01T00:00:03Z" }],
    });
  });

  for (const [what, object, previous, who] of [
    ["a new object has a writer", written("kubectl", "2026-01-01T00:00:00Z"), undefined, "kubectl"],
    [
      "another entry tells",
      written("kubelet", "2026-01-01T00:00:30Z"),
      written("kubectl", "2026-01-01T00:00:00Z"),
      "kubelet",
    ],
    [
      "the same again, a moment ago",
      written("kubelet", "2026-01-01T00:00:58Z"),
      written("kubelet", "2026-01-01T00:00:58Z"),
      "kubelet",
    ],
    [
      "an old entry that is still the last one tells nothing",
      written("kubelet", "2026-01-01T00:00:00Z"),
      written("kubelet", "2026-01-01T00:00:00Z"),
      undefined,
    ],
    ["nobody is named", { metadata: {} }, undefined, undefined],
  ] as const) {
    test(what, () => assert.equal(writerOf(object, previous, NOW), who));
  }
});
