/** Changes of the built-in kinds: what may be changed, what is fixed for good, and what a change may not be. */
import { get, inNamespace, patch, post, put, remove, type Step } from "../step.ts";

const NS = "namespaces/changes";
const LABELS = { matchLabels: { app: "x" } };
const POD_SPEC = { containers: [{ name: "c", image: "nginx" }] };
const TEMPLATE = { metadata: { labels: { app: "x" } }, spec: POD_SPEC };
const FINAL_TEMPLATE = { spec: { ...POD_SPEC, restartPolicy: "Never" } };

interface Subject {
  readonly path: string;
  readonly body: object;
  /** Merge patches, by what they try. */
  readonly changes: Readonly<Record<string, object>>;
}

const core = (plural: string): string => `/api/v1/${NS}/${plural}`;
const named = (group: string, plural: string): string => `/apis/${group}/${NS}/${plural}`;
const spec = (content: object): object => ({ spec: content });

const SUBJECTS: Readonly<Record<string, Subject>> = {
  pod: {
    path: core("pods"),
    body: spec(POD_SPEC),
    changes: {
      deadline: spec({ activeDeadlineSeconds: 100 }),
      "longer deadline": spec({ activeDeadlineSeconds: 200 }),
      "no deadline": spec({ activeDeadlineSeconds: null }),
      toleration: spec({ tolerations: [{ key: "k", operator: "Exists" }] }),
      "more containers": spec({ containers: [...POD_SPEC.containers, { name: "d", image: "x" }] }),
      grace: spec({ terminationGracePeriodSeconds: 5 }),
      labels: { metadata: { labels: { a: "b" } } },
      "bad labels": { metadata: { labels: { a: "b c" } } },
      name: { metadata: { name: "other" } },
      namespace: { metadata: { namespace: "other" } },
      uid: { metadata: { uid: "x" } },
      creation: { metadata: { creationTimestamp: "2020-01-01T00:00:00Z" } },
      deletion: { metadata: { deletionTimestamp: "2020-01-01T00:00:00Z" } },
      generation: { metadata: { generation: 7 } },
      status: { status: { phase: "Running" } },
    },
  },
  deployment: {
    path: named("apps/v1", "deployments"),
    body: spec({ selector: LABELS, template: TEMPLATE }),
    changes: {
      replicas: spec({ replicas: 2 }),
      paused: spec({ paused: true }),
      recreate: spec({ strategy: { type: "Recreate" } }),
      "recreate whole": spec({ strategy: { type: "Recreate", rollingUpdate: null } }),
      "template labels": spec({ template: { metadata: { labels: { app: "y" } } } }),
      selector: spec({ selector: { matchLabels: { app: "y" } } }),
      history: spec({ revisionHistoryLimit: -1 }),
    },
  },
  replicaset: {
    path: named("apps/v1", "replicasets"),
    body: spec({ selector: LABELS, template: TEMPLATE }),
    changes: { selector: spec({ selector: { matchLabels: { b: "y" } } }), replicas: spec({ replicas: 0 }) },
  },
  statefulset: {
    path: named("apps/v1", "statefulsets"),
    body: spec({ selector: LABELS, template: TEMPLATE, serviceName: "s" }),
    changes: {
      service: spec({ serviceName: "t" }),
      replicas: spec({ replicas: 3 }),
      image: spec({ template: { spec: { containers: [{ name: "c", image: "y" }] } } }),
      policy: spec({ podManagementPolicy: "Parallel" }),
      "on delete": spec({ updateStrategy: { type: "OnDelete" } }),
    },
  },
  daemonset: {
    path: named("apps/v1", "daemonsets"),
    body: spec({ selector: LABELS, template: TEMPLATE }),
    changes: {
      selector: spec({ selector: { matchLabels: { b: "y" } } }),
      image: spec({ template: { spec: { containers: [{ name: "c", image: "y" }] } } }),
      surge: spec({ updateStrategy: { rollingUpdate: { maxSurge: 1 } } }),
    },
  },
  job: {
    path: named("batch/v1", "jobs"),
    body: spec({ template: FINAL_TEMPLATE }),
    changes: {
      parallelism: spec({ parallelism: 3 }),
      completions: spec({ completions: 3 }),
      image: spec({ template: { spec: { containers: [{ name: "c", image: "y" }] } } }),
      selector: spec({ selector: { matchLabels: { a: "b" } } }),
      suspend: spec({ suspend: true }),
      mode: spec({ completionMode: "Indexed" }),
      "time to live": spec({ ttlSecondsAfterFinished: 5 }),
    },
  },
  cronjob: {
    path: named("batch/v1", "cronjobs"),
    body: spec({ schedule: "* * * * *", jobTemplate: { spec: { template: FINAL_TEMPLATE } } }),
    changes: {
      schedule: spec({ schedule: "@hourly" }),
      "bad schedule": spec({ schedule: "61 * * * *" }),
      "bad name in schedule": spec({ schedule: "* * * FOO *" }),
      suspend: spec({ suspend: true }),
      concurrency: spec({ concurrencyPolicy: "Never" }),
      zone: spec({ timeZone: "Europe/Rome" }),
    },
  },
  service: {
    path: core("services"),
    body: spec({ ports: [{ port: 80 }], selector: { a: "b" } }),
    changes: {
      address: spec({ clusterIP: "10.97.200.9" }),
      "to node port": spec({ type: "NodePort" }),
      "to load balancer": spec({ type: "LoadBalancer" }),
      back: spec({ type: "ClusterIP" }),
      headless: spec({ clusterIP: "None" }),
      "to external name": spec({ type: "ExternalName", externalName: "example.org" }),
      "to external name whole": spec({
        type: "ExternalName",
        externalName: "x.org",
        clusterIP: null,
        clusterIPs: null,
      }),
      ports: spec({ ports: [] }),
    },
  },
  claim: {
    path: core("persistentvolumeclaims"),
    body: spec({ accessModes: ["ReadWriteOnce"], storageClassName: "s", resources: { requests: { storage: "1Gi" } } }),
    changes: {
      larger: spec({ resources: { requests: { storage: "2Gi" } } }),
      class: spec({ storageClassName: "t" }),
      volume: spec({ volumeName: "v" }),
      "other volume": spec({ volumeName: "w" }),
      modes: spec({ accessModes: ["ReadOnlyMany"] }),
    },
  },
  volume: {
    path: "/api/v1/persistentvolumes",
    body: spec({ capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], hostPath: { path: "/tmp" } }),
    changes: {
      path: spec({ hostPath: { path: "/var" } }),
      policy: spec({ persistentVolumeReclaimPolicy: "Delete" }),
      capacity: spec({ capacity: { storage: "2Gi" } }),
      mode: spec({ volumeMode: "Block" }),
    },
  },
  node: {
    path: "/api/v1/nodes",
    body: {},
    changes: {
      CIDR: spec({ podCIDR: "10.1.0.0/24", podCIDRs: ["10.1.0.0/24"] }),
      "other CIDR": spec({ podCIDR: "10.2.0.0/24", podCIDRs: ["10.2.0.0/24"] }),
      provider: spec({ providerID: "a" }),
      "other provider": spec({ providerID: "b" }),
      "bad taint": spec({ taints: [{ key: "a", effect: "X" }] }),
      "taint without key": spec({ taints: [{ effect: "NoSchedule" }] }),
      "taint twice": spec({ taints: ["1", "2"].map((value) => ({ key: "a", value, effect: "NoSchedule" })) }),
      cordon: spec({ unschedulable: true }),
    },
  },
  namespace: {
    path: "/api/v1/namespaces",
    body: {},
    changes: {
      "own label": { metadata: { labels: { "kubernetes.io/metadata.name": "x" } } },
      finalizers: spec({ finalizers: [] }),
      status: { status: { phase: "Terminating" } },
    },
  },
  "role binding": {
    path: named("rbac.authorization.k8s.io/v1", "rolebindings"),
    body: { roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "r" }, subjects: [] },
    changes: {
      role: { roleRef: { name: "s" } },
      subjects: { subjects: [{ kind: "User", name: "u" }] },
      "account without namespace": { subjects: [{ kind: "ServiceAccount", name: "s" }] },
      "user of a wrong group": { subjects: [{ kind: "User", apiGroup: "x", name: "u" }] },
    },
  },
  "storage class": {
    path: "/apis/storage.k8s.io/v1/storageclasses",
    body: { provisioner: "p" },
    changes: {
      provisioner: { provisioner: "q" },
      parameters: { parameters: { a: "b" } },
      "reclaim policy": { reclaimPolicy: "Retain" },
      "binding mode": { volumeBindingMode: "WaitForFirstConsumer" },
      expansion: { allowVolumeExpansion: true },
    },
  },
  "priority class": {
    path: "/apis/scheduling.k8s.io/v1/priorityclasses",
    body: { value: 10 },
    changes: { value: { value: 11 }, policy: { preemptionPolicy: "Never" }, description: { description: "d" } },
  },
  "runtime class": {
    path: "/apis/node.k8s.io/v1/runtimeclasses",
    body: { handler: "h" },
    changes: { handler: { handler: "i" } },
  },
  "ingress class": {
    path: "/apis/networking.k8s.io/v1/ingressclasses",
    body: spec({ controller: "example.org/c" }),
    changes: { controller: spec({ controller: "example.org/d" }) },
  },
  "CSI driver": {
    path: "/apis/storage.k8s.io/v1/csidrivers",
    body: spec({}),
    changes: { attach: spec({ attachRequired: false }), modes: spec({ volumeLifecycleModes: ["X"] }) },
  },
  "CSI node": {
    path: "/apis/storage.k8s.io/v1/csinodes",
    body: spec({ drivers: [{ name: "d.example.org", nodeID: "n" }] }),
    changes: { node: spec({ drivers: [{ name: "d.example.org", nodeID: "m" }] }) },
  },
  attachment: {
    path: "/apis/storage.k8s.io/v1/volumeattachments",
    body: spec({ attacher: "a", nodeName: "n", source: { persistentVolumeName: "v" } }),
    changes: { node: spec({ nodeName: "m" }) },
  },
  slice: {
    path: named("discovery.k8s.io/v1", "endpointslices"),
    body: { addressType: "IPv4", endpoints: [] },
    changes: {
      type: { addressType: "IPv6" },
      endpoints: { endpoints: [{ addresses: ["10.1.1.1"], conditions: { ready: true } }] },
      IPv6: { endpoints: [{ addresses: ["fd00::1"] }] },
      loopback: { endpoints: [{ addresses: ["127.0.0.1"] }] },
    },
  },
  revision: {
    path: named("apps/v1", "controllerrevisions"),
    body: { revision: 1, data: { a: 1 } },
    changes: { data: { data: { a: 2 } }, revision: { revision: 2 }, negative: { revision: -1 } },
  },
  lease: {
    path: named("coordination.k8s.io/v1", "leases"),
    body: spec({ holderIdentity: "h", leaseDurationSeconds: 10 }),
    changes: {
      holder: spec({ holderIdentity: "i", renewTime: "2026-01-01T00:00:00.000000Z" }),
      "bad time": spec({ renewTime: "soon" }),
      transitions: spec({ leaseTransitions: -1 }),
    },
  },
  autoscaler: {
    path: named("autoscaling/v2", "horizontalpodautoscalers"),
    body: spec({ scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "d" }, maxReplicas: 3 }),
    changes: {
      range: spec({ minReplicas: 4 }),
      "metric of no type": spec({ metrics: [{ type: "Resource" }] }),
      "unknown metric": spec({ metrics: [{ type: "X" }] }),
    },
  },
  budget: {
    path: named("policy/v1", "poddisruptionbudgets"),
    body: spec({ selector: LABELS, minAvailable: 1 }),
    changes: {
      percent: spec({ minAvailable: "50%" }),
      "too much": spec({ minAvailable: "150%" }),
      selector: spec({ selector: { matchLabels: { app: "y" } } }),
    },
  },
  quota: {
    path: core("resourcequotas"),
    body: spec({ hard: { pods: "500" } }),
    changes: { hard: spec({ hard: { cpu: "4" } }), "half a pod": spec({ hard: { pods: "500m" } }) },
  },
  "limit range": {
    path: core("limitranges"),
    body: spec({ limits: [{ type: "PersistentVolumeClaim", max: { storage: "5Gi" } }] }),
    changes: { bound: spec({ limits: [{ type: "Container", default: { cpu: "2" }, max: { cpu: "1" } }] }) },
  },
  "network policy": {
    path: named("networking.k8s.io/v1", "networkpolicies"),
    body: spec({ podSelector: {} }),
    changes: {
      "peer of nothing": spec({ ingress: [{ from: [{}] }] }),
      port: spec({ ingress: [{ ports: [{ port: "A_B" }] }] }),
      types: spec({ policyTypes: ["Egress"] }),
    },
  },
  account: {
    path: core("serviceaccounts"),
    body: {},
    changes: { secrets: { secrets: [{ name: "s" }], automountServiceAccountToken: false } },
  },
  event: {
    path: core("events"),
    body: {
      involvedObject: { namespace: "changes", kind: "Pod", name: "p" },
      reason: "R",
      message: "m",
      type: "Normal",
    },
    changes: { count: { count: 2, lastTimestamp: "2026-01-01T00:00:00Z" } },
  },
};

/** Deletions that are under way because something still holds the object. */
const DEPLOYMENTS = named("apps/v1", "deployments");
const held: readonly Step[] = [
  ...["Foreground", "Orphan", "Background"].flatMap((policy) => [
    post(`held ${policy}`, DEPLOYMENTS, {
      metadata: { name: "held", finalizers: ["example.org/held"] },
      spec: { selector: LABELS, template: TEMPLATE },
    }),
    remove(`held ${policy} deleted`, `${DEPLOYMENTS}/held?propagationPolicy=${policy}`),
    remove(`held ${policy} deleted again`, `${DEPLOYMENTS}/held`),
    get(`held ${policy} found`, `${DEPLOYMENTS}/held`),
    patch("merge", `held ${policy} changed`, `${DEPLOYMENTS}/held`, spec({ replicas: 5 })),
    patch("merge", `held ${policy} new finalizer`, `${DEPLOYMENTS}/held`, {
      metadata: { finalizers: ["example.org/held", "example.org/other"] },
    }),
    patch("merge", `held ${policy} revived`, `${DEPLOYMENTS}/held`, { metadata: { deletionTimestamp: null } }),
    patch("merge", `held ${policy} released`, `${DEPLOYMENTS}/held`, { metadata: { finalizers: null } }),
  ]),
];

const views: readonly Step[] = [
  patch("strategic", "debug container", `${core("pods")}/sample/ephemeralcontainers`, {
    spec: { ephemeralContainers: [{ name: "debug", image: "busybox" }] },
  }),
  patch("strategic", "debug container of a taken name", `${core("pods")}/sample/ephemeralcontainers`, {
    spec: { ephemeralContainers: [{ name: "c", image: "busybox" }] },
  }),
  patch("strategic", "debug container changed", `${core("pods")}/sample/ephemeralcontainers`, {
    spec: { ephemeralContainers: [{ name: "debug", image: "other" }] },
  }),
  put("put without a spec", `${core("pods")}/sample`, { metadata: { name: "sample" } }),
];

export const changeSteps: readonly Step[] = [
  ...inNamespace("changes"),
  ...Object.entries(SUBJECTS).flatMap(([title, subject]) => stepsOf(title, subject)),
  ...held,
  ...views,
];

function stepsOf(title: string, { path, body, changes }: Subject): Step[] {
  const name =
    title === "CSI driver"
      ? "sample.example.org"
      : path.startsWith(`/api/v1/n`) && !path.includes("changes")
        ? "changed"
        : "sample";
  return [
    post(`${title} to change`, path, { metadata: { name }, ...body }),
    ...Object.entries(changes).map(([what, change]) => patch("merge", `${title}: ${what}`, `${path}/${name}`, change)),
  ];
}
