/**
 * What a WireGuard gateway runs as: its keys, account, rights, Deployment and Service.
 * Upstream: pkg/liqo-controller-manager/networking/external-network/wireguard
 */
import type { Deployment } from "kubernetes-types/apps/v1";
import type { Secret, Service, ServiceAccount } from "kubernetes-types/core/v1";
import type { ClusterRoleBinding, RoleBinding } from "kubernetes-types/rbac/v1";
import * as annotations from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import type { WgGatewayClient, WgGatewayServer } from "#api/networking/wggateway.ts";
import { controllerReference, type KubeObject, type ObjectKey } from "#machinery/meta.ts";
import { GLOBAL_LABELS } from "../names.ts";
import { gatewayObjectName } from "./names.ts";

type WgGateway = WgGatewayServer | WgGatewayClient;

const RBAC = "rbac.authorization.k8s.io";
/** Reading what all gateways share. */
const GATEWAY_ROLE = "liqo-gateway";
/** What is the gateway's own, in its namespace only. */
const TENANT_ROLE = "liqo-gateway-tenant";

export function gatewayBindingName(gateway: ObjectKey): string {
  return `liqo-gateway-${gateway.namespace}-${gateway.name}`;
}

/** The Secret with the keys, without them. */
export function forgeGatewayKeys(gateway: KubeObject): Secret {
  const { name = "", namespace = "", labels: own } = gateway.metadata ?? {};
  const { controller: _c, blockOwnerDeletion: _b, ...owner } = controllerReference(gateway);
  return {
    metadata: {
      name: gatewayObjectName(name),
      namespace,
      labels: {
        ...GLOBAL_LABELS,
        [labels.REMOTE_CLUSTER_ID]: own?.[labels.REMOTE_CLUSTER_ID] ?? "",
        [labels.GATEWAY_RESOURCE]: "true",
      },
      ownerReferences: [owner],
    },
    type: "Opaque",
  };
}

export function forgeGatewayAccount(gateway: WgGateway): ServiceAccount {
  const { name = "", namespace = "" } = gateway.metadata ?? {};
  return {
    metadata: { name, namespace, labels: { ...GLOBAL_LABELS }, ownerReferences: [controllerReference(gateway)] },
  };
}

export function forgeGatewayClusterBinding({ metadata }: WgGateway): ClusterRoleBinding {
  const { name = "", namespace = "" } = metadata ?? {};
  return {
    metadata: { name: gatewayBindingName({ name, namespace }), labels: { ...GLOBAL_LABELS } },
    roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: GATEWAY_ROLE },
    subjects: [{ kind: "ServiceAccount", name, namespace }],
  };
}

export function forgeGatewayBinding(gateway: WgGateway): RoleBinding {
  const { name = "", namespace = "" } = gateway.metadata ?? {};
  return {
    metadata: {
      name: gatewayBindingName({ name, namespace }),
      namespace,
      labels: { ...GLOBAL_LABELS },
      ownerReferences: [controllerReference(gateway)],
    },
    roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: TENANT_ROLE },
    subjects: [{ kind: "ServiceAccount", name, namespace }],
  };
}

/** The template's, run under the gateway's account; an account that was made again restarts it. */
export function forgeGatewayDeployment(gateway: WgGateway, accountUid: string): Deployment | undefined {
  const { name = "", namespace = "" } = gateway.metadata ?? {};
  const template = gateway.spec?.deployment;
  if (template?.spec === undefined) return undefined;
  const { spec: podSpec, metadata: podMetadata } = template.spec.template;
  const uid = { [annotations.SERVICE_ACCOUNT_UID]: accountUid };
  return {
    metadata: {
      name: gatewayObjectName(name),
      namespace,
      labels: { ...GLOBAL_LABELS, ...template.metadata?.labels },
      ownerReferences: [controllerReference(gateway)],
    },
    spec: {
      ...template.spec,
      template: {
        ...template.spec.template,
        metadata: { ...podMetadata, annotations: { ...podMetadata?.annotations, ...uid } },
        ...(podSpec !== undefined && { spec: { ...podSpec, serviceAccountName: name } }),
      },
    },
  };
}

/** Where clients reach the server; undefined when the template has none. */
export function forgeGatewayService(server: WgGatewayServer): Service | undefined {
  const { name = "", namespace = "" } = server.metadata ?? {};
  const template = server.spec?.service;
  if (template?.spec === undefined) return undefined;
  return {
    metadata: {
      namespace,
      name: gatewayObjectName(name),
      labels: { ...GLOBAL_LABELS, ...template.metadata?.labels },
      annotations: { ...template.metadata?.annotations },
      ownerReferences: [controllerReference(server)],
    },
    spec: template.spec,
  };
}
