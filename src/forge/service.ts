/** The remote copy of a Service. Upstream: pkg/virtualKubelet/forge/services.go */
import type { Service, ServicePort, ServiceSpec } from "kubernetes-types/core/v1";
import * as annotations from "#api/annotations.ts";
import { forgeReflectedMetadata, type ReflectionScope } from "./reflected-metadata.ts";

export interface ServiceOptions {
  /** The provider's class, when it offers one. */
  readonly loadBalancerClass?: string;
}

export function forgeService(
  local: Service,
  namespace: string,
  scope: ReflectionScope,
  options: ServiceOptions = {},
): Service {
  return {
    metadata: forgeReflectedMetadata(local, namespace, scope),
    spec: forgeSpec(local, options),
  };
}

const COPIED = [
  "type",
  "selector",
  "externalName",
  "allocateLoadBalancerNodePorts",
  "externalTrafficPolicy",
  "internalTrafficPolicy",
  "ipFamilyPolicy",
  "loadBalancerSourceRanges",
  "publishNotReadyAddresses",
  "sessionAffinity",
  // Not upstream's, which loses the time-out.
  "sessionAffinityConfig",
] as const satisfies readonly (keyof ServiceSpec)[];

function forgeSpec({ metadata, spec = {} }: Service, { loadBalancerClass }: ServiceOptions): ServiceSpec {
  const keepNodePort = metadata?.annotations?.[annotations.FORCE_REMOTE_NODE_PORT] === "true";
  const copied = Object.fromEntries(COPIED.flatMap((key) => (spec[key] === undefined ? [] : [[key, spec[key]]])));
  return {
    ...copied,
    ...(spec.clusterIP === "None" && { clusterIP: "None" }),
    ...(spec.ports !== undefined && { ports: spec.ports.map((port) => forgePort(port, keepNodePort)) }),
    ...(spec.type === "LoadBalancer" && loadBalancerClass !== undefined && { loadBalancerClass }),
  };
}

function forgePort(port: ServicePort, keepNodePort: boolean): ServicePort {
  const { nodePort, ...rest } = port;
  return keepNodePort && nodePort !== undefined && nodePort !== 0 ? { ...rest, nodePort } : rest;
}
