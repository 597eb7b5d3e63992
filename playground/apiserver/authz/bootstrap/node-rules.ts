/** What any kubelet may do at most; authz/node.ts narrows it. Kubernetes: bootstrappolicy/policy.go (NodeRules) */
import type { PolicyRule } from "kubernetes-types/rbac/v1";
import { allow, READ } from "./rule-notation.ts";

export const NODE_RULES: readonly PolicyRule[] = [
  allow("create", "authentication.k8s.io", "tokenreviews"),
  allow("create", "authorization.k8s.io", "subjectaccessreviews localsubjectaccessreviews"),
  allow(READ, "core", "services"),
  allow("create get list watch", "core", "nodes"),
  allow("update patch", "core", "nodes nodes/status"),
  allow("create update patch", "core events.k8s.io", "events"),
  allow(READ, "core", "pods"),
  allow("create delete", "core", "pods"),
  allow("update patch", "core", "pods/status"),
  allow("create", "core", "pods/eviction serviceaccounts/token"),
  allow(READ, "core", "secrets configmaps"),
  allow("get", "core", "persistentvolumeclaims persistentvolumes endpoints"),
  allow("get update patch", "core", "persistentvolumeclaims/status"),
  allow("create get list watch", "certificates.k8s.io", "certificatesigningrequests"),
  allow("get create update patch delete", "coordination.k8s.io", "leases"),
  allow("get", "storage.k8s.io", "volumeattachments"),
  allow(READ, "storage.k8s.io", "csidrivers"),
  allow("get create update patch delete", "storage.k8s.io", "csinodes"),
  allow(READ, "node.k8s.io", "runtimeclasses"),
];
