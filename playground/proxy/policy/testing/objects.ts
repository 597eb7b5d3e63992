/** A shop with a front, a back and a stranger from elsewhere. */
import type { Namespace, Pod } from "kubernetes-types/core/v1";
import type { NetworkPolicy } from "kubernetes-types/networking/v1";

export const shop: Namespace = namespaceNamed("shop");
export const other: Namespace = namespaceNamed("other");

export function podAt(ip: string, app: string, fields: { namespace?: string; nodeName?: string } = {}): Pod {
  const { namespace = "shop", nodeName = "n1" } = fields;
  return {
    metadata: { name: app, namespace, uid: app, labels: { app } },
    spec: { nodeName, containers: [{ name: "c", ports: [{ name: "http", containerPort: 8080 }] }] },
    status: { podIP: ip, phase: "Running" },
  };
}

export function policyOf(spec: Partial<NonNullable<NetworkPolicy["spec"]>>, name = "p"): NetworkPolicy {
  return { metadata: { name, namespace: "shop" }, spec: { podSelector: {}, policyTypes: ["Ingress"], ...spec } };
}

function namespaceNamed(name: string): Namespace {
  return { metadata: { name, labels: { "kubernetes.io/metadata.name": name } } };
}
