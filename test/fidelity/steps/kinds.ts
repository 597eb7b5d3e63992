/**
 * Every built-in kind once: the least object that is valid (so that defaults show), as a table row, patched, applied
 * with its status untouched, deleted.
 */
import { get, inNamespace, patch, post, remove, type Step, TABLE } from "../step.ts";

const LABELS = { matchLabels: { app: "x" } };
const POD_SPEC = { containers: [{ name: "c", image: "nginx" }] };
const TEMPLATE = { metadata: { labels: { app: "x" } }, spec: POD_SPEC };
const JOB_TEMPLATE = { spec: { template: { spec: { ...POD_SPEC, restartPolicy: "Never" } } } };

interface Sample {
  readonly path: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly body: object;
}

function core(plural: string, kind: string, body: object): Sample {
  return { path: `/api/v1/namespaces/kinds/${plural}`, apiVersion: "v1", kind, body };
}

function named(group: string, plural: string, kind: string, body: object): Sample {
  return { path: `/apis/${group}/namespaces/kinds/${plural}`, apiVersion: group, kind, body };
}

function cluster(group: string, plural: string, kind: string, body: object): Sample {
  const path = group === "v1" ? `/api/v1/${plural}` : `/apis/${group}/${plural}`;
  return { path, apiVersion: group, kind, body };
}

const WEBHOOK = {
  name: "w.example.org",
  clientConfig: { url: "https://127.0.0.1:1/" },
  sideEffects: "None",
  admissionReviewVersions: ["v1"],
  namespaceSelector: { matchLabels: { none: "such" } },
};

const SAMPLES: readonly Sample[] = [
  core("pods", "Pod", { spec: POD_SPEC }),
  core("services", "Service", { spec: { ports: [{ port: 80 }] } }),
  core("endpoints", "Endpoints", { subsets: [{ addresses: [{ ip: "10.1.2.3" }], ports: [{ port: 80 }] }] }),
  core("serviceaccounts", "ServiceAccount", {}),
  core("persistentvolumeclaims", "PersistentVolumeClaim", {
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  }),
  core("resourcequotas", "ResourceQuota", { spec: { hard: { pods: "500" } } }),
  core("limitranges", "LimitRange", { spec: { limits: [{ type: "PersistentVolumeClaim", max: { storage: "5Gi" } }] } }),
  core("replicationcontrollers", "ReplicationController", { spec: { selector: { app: "x" }, template: TEMPLATE } }),
  core("podtemplates", "PodTemplate", { template: TEMPLATE }),
  core("events", "Event", {
    involvedObject: { namespace: "kinds", kind: "Pod", name: "p" },
    reason: "R",
    message: "m",
  }),
  named("apps/v1", "deployments", "Deployment", { spec: { selector: LABELS, template: TEMPLATE } }),
  named("apps/v1", "replicasets", "ReplicaSet", { spec: { selector: LABELS, template: TEMPLATE } }),
  named("apps/v1", "statefulsets", "StatefulSet", {
    spec: {
      selector: LABELS,
      template: TEMPLATE,
      serviceName: "s",
      volumeClaimTemplates: [
        {
          metadata: { name: "v" },
          spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
        },
      ],
    },
  }),
  named("apps/v1", "daemonsets", "DaemonSet", { spec: { selector: LABELS, template: TEMPLATE } }),
  named("apps/v1", "controllerrevisions", "ControllerRevision", { revision: 1, data: { a: 1 } }),
  named("batch/v1", "jobs", "Job", JOB_TEMPLATE),
  named("batch/v1", "cronjobs", "CronJob", { spec: { schedule: "* * * * *", jobTemplate: JOB_TEMPLATE } }),
  named("autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", {
    spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "d" }, maxReplicas: 3 },
  }),
  named("policy/v1", "poddisruptionbudgets", "PodDisruptionBudget", { spec: { selector: LABELS, minAvailable: 1 } }),
  named("networking.k8s.io/v1", "ingresses", "Ingress", {
    spec: { defaultBackend: { service: { name: "s", port: { number: 80 } } } },
  }),
  named("networking.k8s.io/v1", "networkpolicies", "NetworkPolicy", {
    spec: { podSelector: {}, ingress: [{ ports: [{ port: 80 }] }], egress: [{}] },
  }),
  named("discovery.k8s.io/v1", "endpointslices", "EndpointSlice", {
    addressType: "IPv4",
    endpoints: [{ addresses: ["10.1.2.3"] }],
    ports: [{ port: 80 }],
  }),
  named("coordination.k8s.io/v1", "leases", "Lease", { spec: { holderIdentity: "h", leaseDurationSeconds: 10 } }),
  named("events.k8s.io/v1", "events", "Event", {
    eventTime: "2026-01-01T00:00:00.000000Z",
    reportingController: "example.org/c",
    reportingInstance: "i",
    action: "Do",
    reason: "R",
    type: "Normal",
    regarding: { namespace: "kinds", kind: "Pod", name: "p" },
  }),
  named("rbac.authorization.k8s.io/v1", "roles", "Role", {
    rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }],
  }),
  named("rbac.authorization.k8s.io/v1", "rolebindings", "RoleBinding", {
    roleRef: { kind: "Role", name: "r" },
    subjects: [
      { kind: "User", name: "u" },
      { kind: "ServiceAccount", name: "s" },
    ],
  }),
  cluster("v1", "namespaces", "Namespace", {}),
  cluster("v1", "nodes", "Node", {}),
  cluster("v1", "persistentvolumes", "PersistentVolume", {
    spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], hostPath: { path: "/tmp" } },
  }),
  cluster("rbac.authorization.k8s.io/v1", "clusterroles", "ClusterRole", {
    aggregationRule: { clusterRoleSelectors: [LABELS] },
  }),
  cluster("rbac.authorization.k8s.io/v1", "clusterrolebindings", "ClusterRoleBinding", {
    roleRef: { kind: "ClusterRole", name: "r" },
    subjects: [{ kind: "Group", name: "g" }],
  }),
  cluster("storage.k8s.io/v1", "storageclasses", "StorageClass", { provisioner: "p" }),
  cluster("storage.k8s.io/v1", "csidrivers", "CSIDriver", { spec: {} }),
  cluster("storage.k8s.io/v1", "csinodes", "CSINode", { spec: { drivers: [] } }),
  cluster("storage.k8s.io/v1", "volumeattachments", "VolumeAttachment", {
    spec: { attacher: "a", nodeName: "n", source: { persistentVolumeName: "v" } },
  }),
  cluster("scheduling.k8s.io/v1", "priorityclasses", "PriorityClass", { value: 10 }),
  cluster("node.k8s.io/v1", "runtimeclasses", "RuntimeClass", { handler: "h" }),
  cluster("networking.k8s.io/v1", "ingressclasses", "IngressClass", { spec: { controller: "example.org/c" } }),
  cluster("admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", {
    webhooks: [
      { ...WEBHOOK, rules: [{ apiGroups: ["none"], apiVersions: ["v1"], operations: ["CREATE"], resources: ["x"] }] },
    ],
  }),
  cluster("admissionregistration.k8s.io/v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", {
    webhooks: [
      { ...WEBHOOK, rules: [{ apiGroups: ["none"], apiVersions: ["v1"], operations: ["CREATE"], resources: ["x"] }] },
    ],
  }),
];

export const kindSteps: readonly Step[] = [
  ...inNamespace("kinds"),
  // Which class is the default one is each cluster's own choice.
  remove("no default class", "/apis/storage.k8s.io/v1/storageclasses/local-path", undefined, { setUp: true }),
  ...SAMPLES.flatMap(stepsOf),
];

function stepsOf({ path, apiVersion, kind, body }: Sample): Step[] {
  const title = apiVersion.startsWith("events") ? "Event v1" : kind;
  const name = kind.includes("CSIDriver") ? "sample.example.org" : "sample";
  const one = `${path}/${name}`;
  const applied = { apiVersion, kind, metadata: { name, labels: { applied: "yes" } } };
  return [
    post(`${title} create`, path, { metadata: { name }, ...body }),
    get(`${title} get`, one),
    get(`${title} row`, one, { headers: TABLE }),
    get(`${title} rows`, `${path}?fieldSelector=metadata.name%3D${name}`, { headers: TABLE }),
    patch("merge", `${title} label`, one, { metadata: { labels: { a: "b" } } }),
    patch("apply", `${title} apply`, `${one}?fieldManager=applier`, applied),
    get(`${title} status`, `${one}/status`),
    patch("merge", `${title} status patch`, `${one}/status`, { metadata: { annotations: { a: "b" } } }),
    remove(`${title} delete`, one),
  ];
}
