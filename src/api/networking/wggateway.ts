/** WireGuard renderings of gateways, and their templates. Upstream: apis/networking/v1beta1/wggateway*_types.go */
import type { DeploymentSpec } from "kubernetes-types/apps/v1";
import type { ServiceSpec } from "kubernetes-types/core/v1";
import {
  internalEndpoint,
  localReference,
  objectReference,
  servedEndpoint,
  templateMetadata,
} from "../schema/common.ts";
import { boolean, builtin, freeForm, object, required, string } from "../schema/dsl.ts";
import { defineKind, type ObjectOfKind } from "../schema/kind.ts";
import { serviceMonitorSpec } from "./servicemonitor.ts";

const GROUP = { group: "networking.liqo.io", version: "v1beta1" } as const;
const TEMPLATE_LABELS = { "networking.liqo.io/gatewaytemplate": "true" };

const service = object({ metadata: templateMetadata, spec: builtin<ServiceSpec>("core/v1.ServiceSpec") });
const deployment = object({ metadata: templateMetadata, spec: builtin<DeploymentSpec>("apps/v1.DeploymentSpec") });
const metrics = object({
  enabled: required(boolean()),
  service,
  serviceMonitor: object({ metadata: templateMetadata, spec: serviceMonitorSpec }),
});
const template = object({ objectKind: object({ apiVersion: string(), kind: string() }), template: freeForm() });

export const wgGatewayServers = defineKind({
  ...GROUP,
  kind: "WgGatewayServer",
  plural: "wggatewayservers",
  shortNames: ["wgs", "wggs"],
  description: "A GatewayServer rendered for WireGuard: the Deployment and Service to run.",
  spec: object({ deployment: required(deployment), metrics, secretRef: localReference, service: required(service) }),
  status: object({ endpoint: servedEndpoint, internalEndpoint, secretRef: objectReference }),
  subresources: "status",
});

export const wgGatewayClients = defineKind({
  ...GROUP,
  kind: "WgGatewayClient",
  plural: "wggatewayclients",
  shortNames: ["wgc", "wggc"],
  description: "A GatewayClient rendered for WireGuard: the Deployment to run.",
  spec: object({ deployment: required(deployment), metrics, secretRef: localReference }),
  status: object({ internalEndpoint, secretRef: objectReference }),
  subresources: "status",
});

export const wgGatewayServerTemplates = defineKind({
  ...GROUP,
  kind: "WgGatewayServerTemplate",
  plural: "wggatewayservertemplates",
  shortNames: ["wggst", "wgst"],
  description: "How a GatewayServer is rendered into a WgGatewayServer.",
  labels: TEMPLATE_LABELS,
  spec: template,
});

export const wgGatewayClientTemplates = defineKind({
  ...GROUP,
  kind: "WgGatewayClientTemplate",
  plural: "wggatewayclienttemplates",
  shortNames: ["wggct", "wgct"],
  description: "How a GatewayClient is rendered into a WgGatewayClient.",
  labels: TEMPLATE_LABELS,
  spec: template,
});

export type WgGatewayServer = ObjectOfKind<typeof wgGatewayServers>;
export type WgGatewayClient = ObjectOfKind<typeof wgGatewayClients>;
export type WgGatewayServerTemplate = ObjectOfKind<typeof wgGatewayServerTemplates>;
