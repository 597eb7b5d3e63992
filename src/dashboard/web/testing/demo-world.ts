/** Items of a small federation as tests and pictures want it: a shop of milan that runs partly in rome and florence. */
import type {
  Health,
  Item,
  NodeItem,
  PeeringItem,
  PeeringModule,
  PodItem,
  ReflectedItem,
  ServiceItem,
} from "../../model/items.ts";
import { itemKey } from "../../model/items.ts";

const CORES = 1_000;
const GIB = 2 ** 30;
const HOUR = 3_600_000;

export function ago(nowMs: number, ms: number): string {
  return new Date(nowMs - ms).toISOString();
}

export function clusterItem(cluster: string): Item {
  return {
    kind: "cluster",
    key: itemKey("cluster", cluster, "", ""),
    cluster,
    id: cluster,
    version: "v1.34.2",
    reachable: true,
  };
}

export function nodeItem(cluster: string, name: string, provider?: string): NodeItem {
  return {
    kind: "node",
    key: itemKey("node", cluster, "", name),
    cluster,
    name,
    ...(provider === undefined ? {} : { provider }),
    ready: true,
    cordoned: false,
    allocatable: { cpu: 4 * CORES, memory: 8 * GIB, pods: 110 },
  };
}

interface PodOptions {
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  readonly createdAt: string;
  readonly node?: string;
  readonly role?: PodItem["role"];
  readonly twin?: string;
  readonly health?: Health;
  readonly status?: string;
  readonly owner?: string;
  readonly restarts?: number;
}

export function podItem(options: PodOptions): PodItem {
  const { cluster, namespace, name, health = "good" } = options;
  return {
    kind: "pod",
    role: "native",
    status: "Running",
    ready: health === "good" ? "1/1" : "0/1",
    restarts: 0,
    containers: ["server"],
    uid: `${cluster}-${namespace}-${name}`,
    ip: `10.244.0.${(name.length * 7) % 250}`,
    ...options,
    health,
    key: itemKey("pod", cluster, namespace, name),
  };
}

/** A pod at home on a virtual node, and its twin. */
export function offloadedPair(home: PodOptions, away: { cluster: string; namespace: string; node: string }): PodItem[] {
  const twinKey = itemKey("pod", away.cluster, away.namespace, home.name);
  const offloaded = podItem({ ...home, role: "offloaded", twin: twinKey });
  const twin = podItem({ ...home, ...away, role: "twin", twin: offloaded.key });
  return [offloaded, twin];
}

export function peeringItem(cluster: string, peer: string, role: "Consumer" | "Provider", nowMs: number): PeeringItem {
  const established = (type: string): PeeringModule["conditions"] => [{ type, status: "Established" }];
  const remapped = peer === "rome" ? "10.245.0.0/16" : "10.246.0.0/16";
  return {
    kind: "peering",
    key: itemKey("peering", cluster, "", peer),
    cluster,
    peer,
    role,
    health: "good",
    modules: [
      { name: "networking", enabled: true, conditions: established("NetworkConnectionStatus") },
      { name: "authentication", enabled: true, conditions: established("AuthIdentityControlPlaneStatus") },
      {
        name: "offloading",
        enabled: true,
        conditions: [{ type: "OffloadingVirtualNodeStatus", status: "Established" }],
      },
    ],
    connection: {
      state: "Connected",
      latencyMs: peer === "rome" || cluster === "rome" ? 1.3 : 8.4,
      mtu: 1340,
      carrier: "UDP",
      endpoint: "172.20.0.4:51840",
    },
    cidrs: [
      { what: "pod", theirs: "10.244.0.0/16", here: remapped },
      { what: "external", theirs: "10.70.0.0/16", here: "10.71.0.0/16" },
    ],
    certificates: [{ name: "Identity of the control plane", endsAt: new Date(nowMs + 300 * 24 * HOUR).toISOString() }],
    slices:
      role === "Provider"
        ? [
            {
              name: peer,
              accepted: true,
              granted: { cpu: 4 * CORES, memory: 8 * GIB, pods: 110 },
              used: { cpu: 1_300, memory: 2.4 * GIB, pods: 5 },
            },
          ]
        : [],
  };
}

const SHOP = ["ad", "cart", "catalog", "checkout", "currency", "email", "frontend", "payment", "shipping"];
/** Where each runs: at home, or in which cluster. */
const PLACES: { readonly [name: string]: string } = {
  ad: "rome",
  catalog: "rome",
  frontend: "rome",
  currency: "florence",
  email: "florence",
};

export function demoWorld(nowMs: number): Item[] {
  const createdAt = ago(nowMs, 2 * HOUR);
  const clusters = ["florence", "milan", "rome"];
  return [
    ...clusters.map(clusterItem),
    ...clusters.flatMap((cluster) => ["worker-1", "worker-2"].map((node) => nodeItem(cluster, node))),
    nodeItem("milan", "liqo-florence", "florence"),
    nodeItem("milan", "liqo-rome", "rome"),
    ...clusters.map((cluster) => namespaceItem(cluster, "kube-system")),
    {
      ...namespaceItem("milan", "shop"),
      offloading: { strategy: "LocalAndRemote", phase: "Ready", remoteName: "shop-milan" },
    },
    namespaceItem("rome", "reports"),
    ...["florence", "rome"].map((cluster) => ({
      ...namespaceItem(cluster, "shop-milan"),
      origin: { clusterID: "milan", namespace: "shop" },
    })),
    ...clusters.map((cluster) =>
      podItem({
        cluster,
        namespace: "kube-system",
        name: "coredns-5d78c-x2x7b",
        node: "worker-1",
        createdAt,
        owner: "Deployment/coredns",
      }),
    ),
    ...SHOP.flatMap((name, index) => shopPods(name, index, createdAt)),
    podItem({
      cluster: "rome",
      namespace: "reports",
      name: "nightly-28811520-4kvhz",
      node: "worker-2",
      createdAt: ago(nowMs, HOUR),
      owner: "Job/nightly",
      health: "done",
      status: "Completed",
    }),
    ...["florence", "rome"].flatMap((peer) => [
      peeringItem("milan", peer, "Provider", nowMs),
      peeringItem(peer, "milan", "Consumer", nowMs),
    ]),
    ...SHOP.map(workloadItem),
    ...shopServices(),
    ...reflectedItems(createdAt),
  ];
}

function workloadItem(name: string): Item {
  const key = itemKey("workload", "milan", "shop", name);
  return { kind: "workload", key, cluster: "milan", namespace: "shop", name, of: "Deployment", wanted: 1, ready: 1 };
}

function namespaceItem(cluster: string, name: string): Extract<Item, { kind: "namespace" }> {
  return { kind: "namespace", key: itemKey("namespace", cluster, "", name), cluster, name, phase: "Active" };
}

function shopPods(name: string, index: number, createdAt: string): PodItem[] {
  const place = PLACES[name];
  const pod: PodOptions = {
    cluster: "milan",
    namespace: "shop",
    name: `${name}-7c9f8d6b5-${"abcdefghijk".slice(index, index + 3)}9${index}`,
    owner: `Deployment/${name}`,
    node: place === undefined ? `worker-${1 + (index % 2)}` : `liqo-${place}`,
    createdAt,
  };
  return place === undefined
    ? [podItem(pod)]
    : offloadedPair(pod, { cluster: place, namespace: "shop-milan", node: `worker-${1 + (index % 2)}` });
}

function shopServices(): ServiceItem[] {
  return ["frontend", "cart"].flatMap((name) =>
    ["milan", "rome", "florence"].map((cluster): ServiceItem => {
      const namespace = cluster === "milan" ? "shop" : "shop-milan";
      const pods = SHOP.flatMap((each, index) => (each === name ? shopPods(each, index, "") : []));
      const pod = pods.find((each) => each.cluster === cluster) ?? pods[0];
      return {
        kind: "service",
        key: itemKey("service", cluster, namespace, name),
        cluster,
        namespace,
        name,
        type: name === "frontend" ? "LoadBalancer" : "ClusterIP",
        clusterIP: "10.96.12.7",
        external: name === "frontend" && cluster === "milan" ? ["172.20.0.100"] : [],
        ports: [{ name: "http", port: 8080, protocol: "TCP" }],
        endpoints: [
          {
            address: cluster === "milan" ? "10.245.0.17" : "10.244.0.17",
            ready: true,
            ...(pod === undefined ? {} : { pod: pod.key }),
          },
        ],
        ...(cluster === "milan" ? {} : { origin: "milan" }),
      };
    }),
  );
}

function reflectedItems(createdAt: string): ReflectedItem[] {
  const reflected = (of: string, name: string, lastError?: string): ReflectedItem => ({
    kind: "reflected",
    key: itemKey("reflected", "rome", "shop-milan", `${of}/${name}`),
    cluster: "rome",
    namespace: "shop-milan",
    name,
    of,
    origin: "milan",
    createdAt,
    ...(lastError === undefined ? {} : { lastError }),
  });
  return [
    reflected("ConfigMap", "shop-settings"),
    reflected("Secret", "payment-key"),
    reflected("Ingress", "shop", "no IngressClass nginx in the provider"),
  ];
}
