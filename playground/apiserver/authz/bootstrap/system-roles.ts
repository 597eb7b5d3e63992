/** The roles of the cluster's own components. Kubernetes: bootstrappolicy/policy.go (ClusterRoles) */
import type { PolicyRule } from "kubernetes-types/rbac/v1";
import { NODE_RULES } from "./node-rules.ts";
import { ALL, allow, allowPaths, READ } from "./rule-notation.ts";

const EVENTS = allow("create patch update", "core events.k8s.io", "events");
const REVIEWS = [
  allow("create", "authentication.k8s.io", "tokenreviews"),
  allow("create", "authorization.k8s.io", "subjectaccessreviews"),
];
const CSR = "certificates.k8s.io";

export const SYSTEM_ROLES: Readonly<Record<string, readonly PolicyRule[]>> = {
  "system:auth-delegator": REVIEWS,
  "system:kube-aggregator": [allow(READ, "core", "endpoints services")],
  "system:kube-dns": [
    allow("list watch", "core", "endpoints services"),
    allow("list watch", "discovery.k8s.io", "endpointslices"),
  ],
  "system:kube-controller-manager": [
    EVENTS,
    allow("create", "coordination.k8s.io", "leases"),
    allow("get update", "coordination.k8s.io", "leases", "kube-controller-manager"),
    allow("create update", "core", "secrets serviceaccounts"),
    allow("delete", "core", "secrets"),
    allow("get", "core", "configmaps namespaces secrets serviceaccounts"),
    ...REVIEWS,
    allow("list watch", "*", "*"),
    allow("create", "core", "serviceaccounts/token"),
  ],
  "system:kube-scheduler": [
    EVENTS,
    allow("create", "coordination.k8s.io", "leases"),
    allow("get list watch", "coordination.k8s.io", "leases"),
    allow("get update", "coordination.k8s.io", "leases", "kube-scheduler"),
    allow(READ, "core", "nodes namespaces replicationcontrollers services persistentvolumeclaims persistentvolumes"),
    allow("delete get list watch", "core", "pods"),
    allow("create", "core", "bindings pods/binding"),
    allow("patch update", "core", "pods/status"),
    allow("patch update", "core", "persistentvolumeclaims persistentvolumes"),
    allow(READ, "apps extensions", "replicasets"),
    allow(READ, "apps", "statefulsets"),
    allow(READ, "policy", "poddisruptionbudgets"),
    allow(READ, "storage.k8s.io", "csinodes csidrivers csistoragecapacities storageclasses volumeattachments"),
    ...REVIEWS,
  ],
  "system:volume-scheduler": [
    allow("get list patch update watch", "core", "persistentvolumes"),
    allow(READ, "storage.k8s.io", "storageclasses"),
    allow("get list patch update watch", "core", "persistentvolumeclaims"),
  ],
  "system:node": NODE_RULES,
  "system:node-bootstrapper": [allow("create get list watch", CSR, "certificatesigningrequests")],
  "system:node-problem-detector": [allow("get", "core", "nodes"), allow("patch", "core", "nodes/status"), EVENTS],
  "system:node-proxier": [
    allow("list watch", "core", "services endpoints"),
    allow(READ, "core", "nodes"),
    EVENTS,
    allow("list watch", "discovery.k8s.io", "endpointslices"),
    allow("list watch", "networking.k8s.io", "servicecidrs"),
  ],
  "system:kubelet-api-admin": [
    allow(READ, "core", "nodes"),
    allow("proxy", "core", "nodes"),
    allow("*", "core", "nodes/log nodes/metrics nodes/proxy nodes/stats nodes/configz nodes/healthz nodes/pods"),
  ],
  "system:persistent-volume-provisioner": [
    allow("create delete get list watch", "core", "persistentvolumes"),
    allow("get list update watch", "core", "persistentvolumeclaims"),
    allow(READ, "storage.k8s.io", "storageclasses"),
    allow("watch create update patch get list", "core", "events"),
  ],
  "system:monitoring": [
    allowPaths("get", "/healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/*"),
  ],
  "system:heapster": [allow(READ, "core", "events namespaces nodes pods"), allow(READ, "extensions", "deployments")],
  "system:certificates.k8s.io:certificatesigningrequests:nodeclient": [
    allow("create", CSR, "certificatesigningrequests/nodeclient"),
  ],
  "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient": [
    allow("create", CSR, "certificatesigningrequests/selfnodeclient"),
  ],
  "system:certificates.k8s.io:kube-apiserver-client-approver": [
    allow("approve", CSR, "signers", "kubernetes.io/kube-apiserver-client"),
  ],
  "system:certificates.k8s.io:kube-apiserver-client-kubelet-approver": [
    allow("approve", CSR, "signers", "kubernetes.io/kube-apiserver-client-kubelet"),
  ],
  "system:certificates.k8s.io:kubelet-serving-approver": [
    allow("approve", CSR, "signers", "kubernetes.io/kubelet-serving"),
  ],
  "system:certificates.k8s.io:legacy-unknown-approver": [
    allow("approve", CSR, "signers", "kubernetes.io/legacy-unknown"),
  ],
};

const WATCH = "get list watch";
const MANAGE_PODS = allow("create delete list patch watch get", "core", "pods");

/** `system:controller:<name>`, bound to the ServiceAccount kube-system/<name>. */
export const CONTROLLER_ROLES: Readonly<Record<string, readonly PolicyRule[]>> = {
  "clusterrole-aggregation-controller": [
    allow("escalate get list patch update watch", "rbac.authorization.k8s.io", "clusterroles"),
  ],
  "cronjob-controller": [
    allow("get list update watch", "batch", "cronjobs"),
    allow("create delete get list patch update watch", "batch", "jobs"),
    allow("update", "batch", "cronjobs/finalizers cronjobs/status"),
    allow("delete list", "core", "pods"),
    EVENTS,
  ],
  "daemon-set-controller": [
    allow(WATCH, "apps extensions", "daemonsets"),
    allow("update", "apps extensions", "daemonsets/finalizers daemonsets/status"),
    allow("list watch", "core", "nodes"),
    MANAGE_PODS,
    allow("create", "core", "pods/binding"),
    allow("create delete get list patch update watch", "apps", "controllerrevisions"),
    EVENTS,
  ],
  "deployment-controller": [
    allow("get list update watch", "apps extensions", "deployments"),
    allow("update", "apps extensions", "deployments/finalizers deployments/status"),
    allow("create delete get list patch update watch", "apps extensions", "replicasets"),
    allow("get list update watch", "core", "pods"),
    EVENTS,
  ],
  "disruption-controller": [
    allow(WATCH, "apps extensions", "deployments replicasets statefulsets"),
    allow(WATCH, "core", "pods replicationcontrollers"),
    allow(WATCH, "policy", "poddisruptionbudgets"),
    allow("update", "policy", "poddisruptionbudgets/status"),
    allow("patch update", "core", "pods/status"),
    allow("get", "*", "*/scale"),
    EVENTS,
  ],
  "endpoint-controller": [
    allow(WATCH, "core", "pods services"),
    allow("create delete get list update", "core", "endpoints"),
    allow("create", "core", "endpoints/restricted"),
    EVENTS,
  ],
  "endpointslice-controller": [
    allow(WATCH, "core", "nodes pods services"),
    allow("update", "core", "services/finalizers"),
    allow("create delete get list update", "discovery.k8s.io", "endpointslices"),
    EVENTS,
  ],
  "generic-garbage-collector": [allow("delete get list patch update watch", "*", "*"), EVENTS],
  "horizontal-pod-autoscaler": [
    allow(WATCH, "autoscaling", "horizontalpodautoscalers"),
    allow("update", "autoscaling", "horizontalpodautoscalers/status"),
    allow("get update", "*", "*/scale"),
    allow("list", "core", "pods"),
    allow("list", "metrics.k8s.io", "pods"),
    allow("get list", "custom.metrics.k8s.io external.metrics.k8s.io", "*"),
    EVENTS,
  ],
  "job-controller": [
    allow("get list patch update watch", "batch", "jobs"),
    allow("update", "batch", "jobs/finalizers jobs/status"),
    MANAGE_PODS,
    EVENTS,
  ],
  "namespace-controller": [
    allow("delete get list watch", "core", "namespaces"),
    allow("update", "core", "namespaces/finalize namespaces/status"),
    allow("delete deletecollection get list", "*", "*"),
  ],
  "node-controller": [
    allow("delete get list patch update", "core", "nodes"),
    allow("patch update", "core", "nodes/status"),
    allow("patch update", "core", "pods/status"),
    allow("delete get list", "core", "pods"),
    EVENTS,
  ],
  "persistent-volume-binder": [
    allow("create delete get list update watch", "core", "persistentvolumes"),
    allow("update", "core", "persistentvolumes/status persistentvolumeclaims/status"),
    allow("get list update watch", "core", "persistentvolumeclaims"),
    allow("create delete get list watch", "core", "pods"),
    allow(WATCH, "storage.k8s.io", "storageclasses"),
    allow("get list", "core", "nodes"),
    EVENTS,
  ],
  "pod-garbage-collector": [
    allow("delete list watch", "core", "pods"),
    allow(WATCH, "core", "nodes"),
    allow("patch", "core", "pods/status"),
  ],
  "pv-protection-controller": [allow("get list update watch", "core", "persistentvolumes"), EVENTS],
  "pvc-protection-controller": [
    allow("get list update watch", "core", "persistentvolumeclaims"),
    allow(WATCH, "core", "pods"),
    EVENTS,
  ],
  "replicaset-controller": [
    allow("get list update watch", "apps extensions", "replicasets"),
    allow("update", "apps extensions", "replicasets/finalizers replicasets/status"),
    MANAGE_PODS,
    EVENTS,
  ],
  "replication-controller": [
    allow("get list update watch", "core", "replicationcontrollers"),
    allow("update", "core", "replicationcontrollers/finalizers replicationcontrollers/status"),
    MANAGE_PODS,
    EVENTS,
  ],
  "resourcequota-controller": [allow("list watch", "*", "*"), allow("update", "core", "resourcequotas/status"), EVENTS],
  "root-ca-cert-publisher": [allow("create update", "core", "configmaps"), EVENTS],
  "service-account-controller": [allow("create", "core", "serviceaccounts"), EVENTS],
  "service-controller": [
    allow(WATCH, "core", "services"),
    allow("patch update", "core", "services/status"),
    allow("list watch", "core", "nodes"),
    EVENTS,
  ],
  "statefulset-controller": [
    allow("get list watch", "core", "pods"),
    allow(WATCH, "apps", "statefulsets"),
    allow("update", "apps", "statefulsets/finalizers statefulsets/status"),
    allow("create delete get patch update", "core", "pods"),
    allow("create delete get list patch update watch", "apps", "controllerrevisions"),
    allow("create get", "core", "persistentvolumeclaims"),
    EVENTS,
  ],
  "ttl-after-finished-controller": [allow("delete get list watch", "batch", "jobs"), EVENTS],
  "certificate-controller": [
    allow("delete get list watch", CSR, "certificatesigningrequests"),
    allow("update", CSR, "certificatesigningrequests/approval certificatesigningrequests/status"),
    allow("approve", CSR, "signers", "kubernetes.io/kube-apiserver-client-kubelet"),
    allow(
      "sign",
      CSR,
      "signers",
      "kubernetes.io/kube-apiserver-client kubernetes.io/kube-apiserver-client-kubelet kubernetes.io/kubelet-serving kubernetes.io/legacy-unknown",
    ),
    allow("create", "authorization.k8s.io", "subjectaccessreviews"),
    EVENTS,
  ],
};

/** Roles inside one namespace, with the subjects bound to them. */
export const NAMESPACED_ROLES: readonly {
  readonly namespace: string;
  readonly name: string;
  readonly rules: readonly PolicyRule[];
  readonly subjects: readonly { kind: "User" | "ServiceAccount"; name: string }[];
}[] = [
  {
    namespace: "kube-system",
    name: "extension-apiserver-authentication-reader",
    rules: [allow(WATCH, "core", "configmaps", "extension-apiserver-authentication")],
    subjects: [
      { kind: "User", name: "system:kube-controller-manager" },
      { kind: "User", name: "system:kube-scheduler" },
    ],
  },
  {
    namespace: "kube-system",
    name: "system:controller:bootstrap-signer",
    rules: [allow(WATCH, "core", "secrets")],
    subjects: [{ kind: "ServiceAccount", name: "bootstrap-signer" }],
  },
  {
    namespace: "kube-system",
    name: "system::leader-locking-kube-controller-manager",
    rules: [allow("watch", "core", "configmaps"), allow(ALL, "core", "configmaps", "kube-controller-manager")],
    subjects: [
      { kind: "User", name: "system:kube-controller-manager" },
      { kind: "ServiceAccount", name: "kube-controller-manager" },
    ],
  },
  {
    namespace: "kube-system",
    name: "system::leader-locking-kube-scheduler",
    rules: [allow("watch", "core", "configmaps"), allow(ALL, "core", "configmaps", "kube-scheduler")],
    subjects: [
      { kind: "User", name: "system:kube-scheduler" },
      { kind: "ServiceAccount", name: "kube-scheduler" },
    ],
  },
];
