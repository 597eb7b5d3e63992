/** What may be wrong with one of two clusters. */
import { customResourceDefinitions, namespaces } from "#machinery/builtin.ts";
import { HIDDEN } from "../../why/testing/peer.ts";
import * as made from "./cluster.ts";
import { at, type Broken, liqo, rows, withNetwork } from "./rows.ts";

const API = "the API server answers";
const KERNEL = "kernels of nodes are 5.10.0 or later";
const KUBERNETES = "Kubernetes is 1.29 or later";
const READY = "nodes are ready";

const ofKubernetes = rows(
  "kubernetes",
  ["a silent API server", at({ api: HIDDEN }), { [API]: "failed" }, /forbidden/],
  ["Kubernetes 1.28", at({ api: { version: "v1.28.9+k3s1", aheadMs: 0 } }), { [KUBERNETES]: "failed" }, /v1\.28\.9/],
  ["another server", at({ api: { version: "nginx", aheadMs: 0 } }), { [KUBERNETES]: "warning" }, /nginx/],
  ["no nodes", at({ nodes: [] }), { [READY]: "failed" }, /no node/],
  [
    "no node that is ready",
    at({ nodes: [made.nodeWith("worker", "192.168.1.10", { ready: "False" })] }),
    { [READY]: "failed" },
    /none of them/,
  ],
  [
    "one of two nodes",
    at({
      nodes: ["a", "b"].map((name) => made.nodeWith(name, "192.168.1.10", { ready: name === "a" ? "True" : "False" })),
    }),
    { [READY]: "warning" },
    /b of 2 are not/,
  ],
  [
    "an old kernel",
    at({ nodes: [made.nodeWith("worker", "192.168.1.10", { kernel: "4.18.0-553.el8" })] }),
    { [KERNEL]: "failed" },
    /worker has 4\.18/,
  ],
);

const MAY = "this user may peer with rome";
const ofRights = rows(
  "rights",
  [
    "a user without rights",
    at({
      rights: [
        { verb: "create", resource: namespaces, allowed: false },
        { verb: "patch", resource: customResourceDefinitions, allowed: true },
      ],
    }),
    { [MAY]: "failed" },
    /may not create namespaces$/,
  ],
  ["a server that tells no rights", at({ rights: HIDDEN }), { [MAY]: "warning" }, /could not be asked/],
);

const oldCrd = made.crds.map((crd) =>
  crd.metadata?.name === "connections.networking.liqo.io"
    ? {
        ...crd,
        spec: {
          ...crd.spec,
          versions: crd.spec.versions.map((each) => ({
            ...each,
            schema: {
              openAPIV3Schema: { type: "object", properties: { apiVersion: {}, kind: {}, metadata: {}, spec: {} } },
            },
          })),
        },
      }
    : crd,
);
const CRDS = "all 29 CRDs are there";
const FIELDS = "CRDs have all fields of this version";
const ofVersions = [
  ...rows(
    "versions",
    [
      "an older proxy",
      liqo({
        deployments: [made.deployment("liqo-controller-manager"), made.deployment("liqo-proxy", { version: "v0.1.0" })],
      }),
      { "all parts of Liqo are of one version": "warning" },
      /liqo-proxy v0\.1\.0/,
    ],
    [
      "a CRD is missing",
      liqo({ crds: made.crds.slice(1) }),
      { [CRDS]: "failed" },
      /foreignclusters\.core\.liqo\.io is missing/,
    ],
    [
      "a CRD that is not served yet",
      liqo({
        crds: made.crds.map((crd, i) =>
          i === 0 ? { ...crd, status: { acceptedNames: {} as never, conditions: [], storedVersions: [] } } : crd,
        ),
      }),
      { [CRDS]: "failed" },
      /is not established/,
    ],
    [
      "an older CRD",
      liqo({ crds: oldCrd }),
      { [FIELDS]: "warning" },
      /connections\.networking\.liqo\.io has no (spec|status)/,
    ],
  ),
  {
    name: "an older Liqo",
    change: liqo({
      daemonSets: [made.daemonSet(1, "v0.1.0")],
      deployments: [made.deployment("liqo-controller-manager", { version: "v0.1.0" })],
    }),
    named: [
      "milan: versions: liqoctl is of the version of Liqo: warning",
      "both clusters: Liqo is of one version: warning",
    ],
    found: /Liqo here v0\.1\.0/,
  },
];

const MANAGER = "liqo-controller-manager is ready";
const manager = (more: Parameters<typeof made.deployment>[1]) =>
  liqo({ deployments: [made.deployment("liqo-controller-manager", more), made.deployment("liqo-proxy")] });
const TRUST = "the API server can trust the webhooks";
const ofControllers = rows(
  "controllers",
  [
    "no controller manager",
    liqo({ deployments: [] }),
    { [MANAGER]: "failed" },
    /there is no Deployment liqo\/liqo-controller-manager/,
  ],
  ["it is scaled down", manager({ replicas: 0 }), { [MANAGER]: "failed" }, /scaled to 0/],
  ["it does not run", manager({ available: 0 }), { [MANAGER]: "failed" }, /0 of 1 replicas/],
  ["one of its two replicas", manager({ replicas: 2, available: 1 }), { [MANAGER]: "warning" }, /1 of 2/],
  [
    "the proxy does not run",
    liqo({
      deployments: [made.deployment("liqo-controller-manager"), made.deployment("liqo-proxy", { available: 0 })],
    }),
    { "liqo-proxy is ready": "failed" },
    /0 of 1/,
  ],
  [
    "it is on its way out",
    manager({ annotations: { "liqo.io/uninstalling": "true" } }),
    { "it is not being uninstalled": "failed" },
    /uninstallation has begun/,
  ],
  [
    "fabric on no node",
    liqo({ daemonSets: [made.daemonSet(0)] }),
    { "liqo-fabric is ready on every node": "failed" },
    /on 0 of 1/,
  ],
  [
    "no fabric at all",
    liqo({ daemonSets: [] }),
    { "liqo-fabric is ready on every node": "failed" },
    /there is no DaemonSet liqo\/liqo-fabric/,
  ],
  ["peers that nobody may list", liqo({ peers: HIDDEN }), { "peerings are known": "warning" }, /could not be asked/],
  [
    "no mutating webhooks",
    liqo({ mutating: [] }),
    { "MutatingWebhookConfiguration liqo-mutating-webhook is there": "failed" },
    /missing/,
  ],
  [
    "no validating webhooks",
    liqo({ validating: [] }),
    { "ValidatingWebhookConfiguration liqo-validating-webhook is there": "failed" },
    /missing/,
  ],
  [
    "no CA",
    liqo({ mutating: [made.webhooks("mutating")] }),
    { [TRUST]: "failed" },
    /pod\.mutate\.liqo\.io: it has no caBundle/,
  ],
  [
    "no certificate",
    liqo({ mutating: [made.webhooks("mutating", "Fail", "AAAA")] }),
    { [TRUST]: "failed" },
    /is no certificate/,
  ],
  [
    "nobody behind the webhooks",
    liqo({ endpointSlices: [made.endpointSlice(false)] }),
    { "the webhooks answer for someone": "failed" },
    /no endpoint that is ready/,
  ],
  [
    "a webhook that lets through",
    (all) => {
      const bundle = all.home.liqo.validating as ReturnType<typeof made.webhooks>[];
      return liqo({
        validating: bundle.map((each) => ({
          ...each,
          webhooks: each.webhooks.map((one) => ({ ...one, failurePolicy: "Ignore" })),
        })),
      })(all);
    },
    { "all webhooks refuse what they cannot check": "warning" },
    /failurePolicy is Ignore/,
  ],
);

const machine = (more: object) => liqo({ machines: [{ ...made.machine, links: made.links(), ...more }] });
const ofKernel = rows(
  "kernel",
  [
    "no nftables",
    machine({ tables: { hidden: "netlink: no such file" } }),
    { "nodes have nftables": "failed" },
    /worker: netlink/,
  ],
  ["no forwarding", machine({ forwards: false }), { "nodes forward packets": "failed" }, /ip_forward is 0/],
  [
    "no overlay",
    machine({ links: made.links().slice(0, 1) }),
    { "nodes reach gateways over an overlay": "failed" },
    /worker has no link/,
  ],
  [
    "a narrow network",
    machine({ links: made.links(1300) }),
    { "nodes' MTU has room for the overlay": "warning" },
    /worker has 1300/,
  ],
);

const INSIDE = "no node is inside of its own or a peer's CIDRs";
const ofAddresses = [
  ...rows(
    "addresses",
    [
      "no place for a CIDR",
      liqo({
        networks: [...made.networks, { metadata: { name: "x", namespace: "liqo" }, spec: { cidr: "10.1.0.0/16" } }],
      }),
      { "every CIDR has its place": "failed" },
      /Network liqo\/x wants 10\.1\.0\.0\/16/,
    ],
    [
      "Services among the pods",
      (all) =>
        withNetwork(made.network("service-cidr", "10.244.128.0/17"))({
          ...all,
          home: { ...all.home, services: [{ spec: { clusterIP: "10.244.128.1" } }] },
        }),
      { "its own CIDRs do not overlap": "failed" },
      /pod CIDR 10\.244\.0\.0\/16 and Service CIDR 10\.244\.128\.0\/17/,
    ],
    [
      "pods elsewhere",
      at({ nodes: [made.nodeWith("worker", "192.168.1.10", { cidr: "10.42.0.0/24" })] }),
      { "pods are in the pod CIDR that Liqo was told": "failed" },
      /pods of worker have 10\.42\.0\.0\/24/,
    ],
    [
      "Services elsewhere",
      at({ services: [{ metadata: { name: "kubernetes", namespace: "default" }, spec: { clusterIP: "172.20.0.1" } }] }),
      { "Services are in the Service CIDR that Liqo was told": "failed" },
      /default\/kubernetes has 172\.20\.0\.1/,
    ],
    [
      "a node among the pods",
      at({ nodes: [made.nodeWith("worker", "10.244.7.1")] }),
      { [INSIDE]: "failed" },
      /in the pod CIDR/,
    ],
    [
      "a node among a peer's pods",
      at({ nodes: [made.nodeWith("worker", "10.245.7.1")] }),
      { [INSIDE]: "failed" },
      /in the CIDR for rome/,
    ],
  ),
  ...rows("ports", [
    "load balancers without an address",
    at({
      services: [
        { metadata: { name: "web", namespace: "shop" }, spec: { type: "LoadBalancer", clusterIP: "10.96.0.9" } },
      ],
    }),
    { "load balancers get addresses": "warning" },
    /shop\/web/,
  ]),
];

const ahead = (aheadMs: number) => at({ api: { version: "v1.35.0", aheadMs }, leases: [] });
const OWN = "the API server's clock agrees with this machine's";
const renewed = (renewTime: string) => at({ leases: [{ metadata: { name: "worker" }, spec: { renewTime } }] });
const NODES = "nodes' clocks agree with the API server's";
const ofClocks = [
  ...(
    [
      [11_000, "warning"],
      [-240_000, "failed"],
    ] as const
  ).map(
    ([ms, result]): Broken => ({
      name: `a clock that is ${ms} ms ahead`,
      change: ahead(ms),
      named: [`milan: clocks: ${OWN}: ${result}`, `both clusters: their clocks agree: ${result}`],
      found: ms > 0 ? /the API server is 11s ahead/ : /the API server is 240s behind/,
    }),
  ),
  ...rows(
    "clocks",
    ["a node ahead", renewed("2026-11-30T12:00:30.000000Z"), { [NODES]: "failed" }, /worker is 30s ahead/],
    ["a node behind", renewed("2026-11-30T11:50:00.000000Z"), { [NODES]: "failed" }, /worker is at least 540s behind/],
  ),
];

export const BROKEN_CLUSTERS: readonly Broken[] = [
  ...ofKubernetes,
  ...ofRights,
  ...ofVersions,
  ...ofControllers,
  ...ofKernel,
  ...ofAddresses,
  ...ofClocks,
];
