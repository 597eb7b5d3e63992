import assert from "node:assert/strict";
import { test } from "node:test";
import type { Service } from "kubernetes-types/core/v1";
import type { Endpoint, EndpointSlice } from "kubernetes-types/discovery/v1";
import { forgeConfigMap, localConfigMapName, remoteConfigMapName } from "./configmap.ts";
import { parseDirectConnections } from "./direct-connections.ts";
import { forgeShadowEndpointSlice, untranslatedAddresses } from "./endpointslice.ts";
import { forgeLocalEvent } from "./event.ts";
import { forgeIngress } from "./ingress.ts";
import { forgeNode, forgeNodeStatus, type NodeOptions } from "./node.ts";
import type { ReflectionScope } from "./reflected-metadata.ts";
import { forgeService } from "./service.ts";
import { forgeTokenSecret, tokensValidForMs, tokenWishes } from "./service-account-token.ts";

const scope: ReflectionScope = {
  origin: "cluster-a",
  destination: "cluster-b",
  nodeName: "cluster-b",
  labelsNotReflected: [],
  annotationsNotReflected: [],
};
const owned = { "offloading.liqo.io/origin": "cluster-a", "offloading.liqo.io/destination": "cluster-b" };

test("the root CA is renamed in both directions, other ConfigMaps keep their name", () => {
  assert.equal(remoteConfigMapName("kube-root-ca.crt", "cluster-a"), "kube-root-ca.crt.clust");
  assert.equal(remoteConfigMapName("kube-root-ca.crt", "abcd-x"), "kube-root-ca.crt.abcd-a");
  assert.equal(localConfigMapName("kube-root-ca.crt.clust", "cluster-a"), "kube-root-ca.crt");
  assert.equal(localConfigMapName("settings", "cluster-a"), "settings");
});

test("a ConfigMap keeps labels and data and gets the marks of reflection", () => {
  const local = { metadata: { name: "settings", labels: { app: "web" } }, data: { colour: "blue" } };
  assert.deepEqual(forgeConfigMap(local, "off-cluster-a", scope), {
    metadata: { name: "settings", namespace: "off-cluster-a", labels: { app: "web", ...owned } },
    data: { colour: "blue" },
  });
});

const service: Service = {
  metadata: { name: "web", labels: { app: "web" } },
  spec: {
    type: "NodePort",
    selector: { app: "web" },
    clusterIP: "10.96.62.117",
    clusterIPs: ["10.96.62.117"],
    ipFamilies: ["IPv4"],
    ipFamilyPolicy: "SingleStack",
    ports: [{ name: "http", port: 80, targetPort: "http", protocol: "TCP", nodePort: 31287 }],
    sessionAffinity: "None",
    loadBalancerIP: "1.2.3.4",
    externalIPs: ["1.2.3.4"],
  },
};

test("a Service leaves addresses and node ports to the provider", () => {
  assert.deepEqual(forgeService(service, "off-cluster-a", scope).spec, {
    type: "NodePort",
    selector: { app: "web" },
    ipFamilyPolicy: "SingleStack",
    sessionAffinity: "None",
    ports: [{ name: "http", port: 80, targetPort: "http", protocol: "TCP" }],
  });
});

test("headless stays headless, and the annotation keeps the node port", () => {
  const headless = { ...service, spec: { ...service.spec, clusterIP: "None" } };
  assert.equal(forgeService(headless, "off-cluster-a", scope).spec?.clusterIP, "None");
  const kept = { ...service, metadata: { name: "web", annotations: { "liqo.io/force-remote-node-port": "true" } } };
  assert.equal(forgeService(kept, "off-cluster-a", scope).spec?.ports?.[0]?.nodePort, 31287);
});

test("a Service keeps its session affinity with the time-out", () => {
  const affinity = {
    sessionAffinity: "ClientIP",
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
  };
  const { spec } = forgeService({ ...service, spec: { ...service.spec, ...affinity } }, "off-cluster-a", scope);
  assert.deepEqual(spec?.sessionAffinityConfig, affinity.sessionAffinityConfig);
});

test("an Ingress loses its class and gets the peer's", () => {
  const local = {
    metadata: { name: "web", annotations: { "kubernetes.io/ingress.class": "nginx", note: "kept" } },
    spec: { ingressClassName: "nginx", rules: [{ host: "a.example" }] },
  };
  assert.deepEqual(forgeIngress(local, "off-cluster-a", scope, "traefik"), {
    metadata: { name: "web", namespace: "off-cluster-a", labels: owned, annotations: { note: "kept" } },
    spec: { rules: [{ host: "a.example" }], ingressClassName: "traefik" },
  });
});

test("an endpoint that peers have no way to is left out, and its neighbours stay", () => {
  const ready = { conditions: { ready: true } };
  const slice: EndpointSlice = {
    metadata: { name: "web-1" },
    addressType: "IPv4",
    endpoints: [
      { addresses: ["10.244.0.5"], ...ready },
      { addresses: ["10.246.0.5"], ...ready },
      { addresses: ["10.246.0.6", "10.244.0.6"], ...ready },
    ],
    ports: [],
  };
  const options = {
    directTo: () => undefined,
    isNative: () => false,
    translate: (address: string) => (address.startsWith("10.244.") ? address : undefined),
  };
  const forged = forgeShadowEndpointSlice(slice, "off-cluster-a", scope, options);
  assert.deepEqual(
    forged.spec?.template?.endpoints?.map(({ addresses }) => addresses),
    [["10.244.0.5"], ["10.244.0.6"]],
  );
  assert.deepEqual(untranslatedAddresses(slice, options), ["10.246.0.5", "10.246.0.6"]);
});

test("a slice drops the provider's own endpoints and translates the rest", () => {
  const slice = {
    metadata: { name: "web-1", labels: { "kubernetes.io/service-name": "web" } },
    addressType: "IPv4",
    ports: [{ name: "http", port: 8080, protocol: "TCP" }],
    endpoints: [
      { addresses: ["10.245.1.129"], conditions: { ready: true }, nodeName: "cluster-b" },
      {
        addresses: ["10.244.1.5"],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: "worker-node-1",
        targetRef: { kind: "Pod", name: "web-x", namespace: "off" },
      },
    ],
  };
  const options = {
    directTo: () => undefined,
    isNative: (name: string) => name === "cluster-b",
    translate: (address: string) => address.replace("10.244.", "10.90."),
  };
  const forged = forgeShadowEndpointSlice(slice, "off-cluster-a", scope, options);
  assert.deepEqual(forged.spec?.template, {
    addressType: "IPv4",
    ports: slice.ports,
    endpoints: [
      {
        addresses: ["10.90.1.5"],
        conditions: { ready: true },
        nodeName: "cluster-a",
        targetRef: { kind: "RemotePod", name: "web-x", namespace: "off" },
      },
    ],
  });
  assert.equal(forged.metadata?.labels?.["endpointslice.kubernetes.io/managed-by"], "endpointslice.reflection.liqo.io");
});

test("a slice of a Service that selects nothing has null for both lists, and is reflected empty", () => {
  const slice = { metadata: { name: "none-1" }, addressType: "IPv4", endpoints: null, ports: null } as unknown;
  const options = { isNative: () => false, directTo: () => undefined, translate: (address: string) => address };
  const forged = forgeShadowEndpointSlice(slice as EndpointSlice, "off-cluster-a", scope, options);
  assert.deepEqual(forged.spec?.template, { addressType: "IPv4" });
});

test("an event comes home about the local object, from a remote component", () => {
  const remote = {
    metadata: { name: "web.1", namespace: "off-cluster-a", uid: "r" },
    involvedObject: { kind: "Pod", name: "web", namespace: "off-cluster-a", uid: "r", resourceVersion: "7" },
    reason: "Started",
    source: { component: "kubelet", host: "worker-node-1" },
  };
  const object = { metadata: { name: "web", uid: "l" } };
  assert.deepEqual(forgeLocalEvent(remote, { namespace: "off", object }, scope), {
    metadata: { name: "web.1", namespace: "off", labels: owned },
    involvedObject: { kind: "Pod", name: "web", namespace: "off", uid: "l" },
    reason: "Started",
    source: { component: "kubelet (remote)", host: "worker-node-1" },
  });
});

test("an event that comes home has the size of one", () => {
  const object = { metadata: { name: "web", uid: "l" } };
  const involvedObject = { kind: "Pod", name: "web", fieldPath: "x".repeat(1 << 20) };
  const remote = { metadata: { name: "web.1" }, involvedObject, message: "y".repeat(1 << 20) };
  assert.ok(JSON.stringify(forgeLocalEvent(remote, { namespace: "off", object }, scope)).length < 3_000);
});

const nodeOptions: NodeOptions = {
  name: "cluster-b",
  providerId: "cluster-b",
  address: "10.244.1.8",
  port: 10250,
  kubeletVersion: "v1.34.4",
  extraLabels: {},
  extraAnnotations: {},
};
const hard = { cpu: "500", memory: "1000Gi", "ephemeral-storage": "20Gi", pods: "3k" };

test("the Node equals upstream's", () => {
  const virtual = { spec: { resourceQuota: { hard }, storageClasses: [{ storageClassName: "local" }] } };
  const node = forgeNode(virtual, nodeOptions);
  assert.deepEqual(node.metadata?.labels, {
    "alpha.service-controller.kubernetes.io/exclude-balancer": "true",
    "kubernetes.io/arch": "amd64",
    "kubernetes.io/hostname": "cluster-b",
    "kubernetes.io/os": "linux",
    "kubernetes.io/role": "agent",
    "liqo.io/remote-cluster-id": "cluster-b",
    "liqo.io/type": "virtual-node",
    "node.kubernetes.io/exclude-from-external-load-balancers": "true",
    "storage.liqo.io/available": "true",
    type: "virtual-kubelet",
  });
  assert.deepEqual(node.spec?.taints, [
    { key: "virtual-node.liqo.io/not-allowed", value: "true", effect: "NoExecute" },
  ]);
});

const conditionCases: [string, Record<string, string>, boolean | undefined, string[]][] = [
  [
    "a provider with resources",
    hard,
    undefined,
    ["Ready=True", "MemoryPressure=False", "DiskPressure=False", "PIDPressure=False"],
  ],
  [
    "no memory left",
    { ...hard, memory: "0" },
    undefined,
    ["Ready=False", "MemoryPressure=True", "DiskPressure=True", "PIDPressure=True"],
  ],
  [
    "a network that is down",
    hard,
    false,
    ["Ready=False", "MemoryPressure=False", "DiskPressure=False", "PIDPressure=False", "NetworkUnavailable=True"],
  ],
  [
    "a network that is up",
    hard,
    true,
    ["Ready=True", "MemoryPressure=False", "DiskPressure=False", "PIDPressure=False", "NetworkUnavailable=False"],
  ],
];

for (const [name, resources, isNetworkUp, expected] of conditionCases) {
  test(`node conditions of ${name}`, () => {
    const virtual = { spec: { resourceQuota: { hard: resources } } };
    const seen = { before: undefined, nowMs: 0 };
    const status = forgeNodeStatus(virtual, nodeOptions, { isApiServerUp: true, isNetworkUp }, seen);
    assert.deepEqual(
      status.conditions?.map(({ type, status: value }) => `${type}=${value}`),
      expected,
    );
    assert.deepEqual(status.capacity, status.allocatable);
  });
}

test("tokens serve until four fifths of their life, and only the pod they were made for", () => {
  const pod = {
    metadata: { name: "web", uid: "u" },
    spec: {
      containers: [],
      serviceAccountName: "web",
      volumes: [
        { name: "api", projected: { sources: [{ serviceAccountToken: { path: "token", expirationSeconds: 1000 } }] } },
      ],
    },
  };
  const wishes = tokenWishes(pod);
  assert.deepEqual(wishes, [{ key: "api-3c469e", audience: undefined, expirationSeconds: 1000 }]);
  const secret = forgeTokenSecret(pod, "off-cluster-a", scope, [
    { key: "api-3c469e", token: "secret", expirationMs: 1_000_000 },
  ]);
  assert.equal(tokensValidForMs(secret, pod, wishes, 0), 800_000);
  assert.equal(tokensValidForMs(secret, pod, wishes, 900_000), -100_000);
  const other = { ...pod, metadata: { name: "web", uid: "v" } };
  assert.equal(tokensValidForMs(secret, other, wishes, 0), 0);
});

test("a slice says which addresses another provider reaches by itself, and how else", () => {
  const slice: EndpointSlice = {
    metadata: { name: "web-1" },
    addressType: "IPv4",
    endpoints: [
      { addresses: ["10.244.0.5"], nodeName: "worker" },
      { addresses: ["10.246.0.6"], nodeName: "cluster-c" },
      { addresses: ["10.246.0.7"], nodeName: "cluster-c" },
    ],
    ports: [],
  };
  const options = {
    isNative: () => false,
    translate: (address: string) => (address === "10.246.0.7" ? undefined : address.replace("10.246.", "10.70.")),
    directTo: ({ nodeName }: Endpoint) => (nodeName === "cluster-c" ? nodeName : undefined),
  };
  const forged = forgeShadowEndpointSlice(slice, "off-cluster-a", scope, options);
  assert.deepEqual(
    forged.spec?.template?.endpoints?.map(({ addresses }) => addresses),
    [["10.244.0.5"], ["10.246.0.6"], ["10.246.0.7"]],
  );
  assert.deepEqual(untranslatedAddresses(slice, options), []);
  const data = parseDirectConnections(forged.metadata?.annotations?.["liqo.io/direct-connections-data"]);
  assert.deepEqual(
    [...data.values()],
    [
      { address: "10.246.0.6", clusterId: "cluster-c", relayed: "10.70.0.6" },
      { address: "10.246.0.7", clusterId: "cluster-c", relayed: undefined },
    ],
  );
});

for (const text of ["", "[", "7", "null", '{"clusterAddresses": 1}', '{"clusterAddresses": {"a": [1, null]}}']) {
  test(`direct connections of ${JSON.stringify(text)} are none`, () => {
    assert.equal(parseDirectConnections(text).size, 0);
  });
}
