/** The objects by which pods of a namespace use a Service of the clusterset. Kubernetes: KEP-1645; mcs-api/controllers (derived Service) */
import { createHash } from "node:crypto";
import type { Service } from "kubernetes-types/core/v1";
import { ALLOW_REFLECTION } from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import { MULTICLUSTER } from "#api/multicluster/serviceexport.ts";
import type { ServiceImport, ServiceImportSpec } from "#api/multicluster/serviceimport.ts";
import { controllerReference, type KubeObject, type ObjectKey, type OwnerReference } from "#machinery/meta.ts";
import { GLOBAL_LABELS } from "../names.ts";
import type { MergedService } from "./merge.ts";

/** On all that is made for ServiceImports. */
const MANAGED_BY_MULTICLUSTER = "multicluster";

// Of a DNS label.
const LONGEST_NAME = 63;

export function isOfMulticluster({ metadata }: KubeObject): boolean {
  return metadata?.labels?.[labels.MANAGED_BY] === MANAGED_BY_MULTICLUSTER;
}

export function multiclusterLabels(): Record<string, string> {
  return { ...GLOBAL_LABELS, [labels.MANAGED_BY]: MANAGED_BY_MULTICLUSTER };
}

/** A Service cannot become headless, nor cease to be: each type has one of its own. */
export function derivedName(service: string, type: ServiceImportSpec["type"]): string {
  const name = `liqo-mcs-${type === "Headless" ? "headless-" : ""}${service}`;
  if (name.length <= LONGEST_NAME) return name;
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 8);
  return `${name.slice(0, LONGEST_NAME - digest.length - 1)}-${digest}`;
}

/** `ip`: of the derived Service, once it has one. */
export function forgeServiceImport(key: ObjectKey, merged: MergedService, ip: string | undefined): ServiceImport {
  return {
    metadata: {
      ...key,
      labels: { ...merged.labels, ...multiclusterLabels() },
      ...(Object.keys(merged.annotations).length > 0 && { annotations: { ...merged.annotations } }),
    },
    spec: { ...merged.spec, ...withAddress(merged.spec.type, ip) },
  };
}

export function withAddress(type: ServiceImportSpec["type"], ip: string | undefined): { ips?: string[] } {
  return type === "ClusterSetIP" && ip !== undefined && ip !== "" && ip !== "None" ? { ips: [ip] } : {};
}

/** The Service that holds the clusterset IP. Reflection takes it, and its EndpointSlices, to the twins. */
export function forgeDerivedService(imported: ServiceImport, spec: ServiceImportSpec): Service {
  const { name = "", namespace = "" } = imported.metadata ?? {};
  const { sessionAffinity, sessionAffinityConfig, internalTrafficPolicy, trafficDistribution } = spec;
  const affinity = { sessionAffinity, ...(sessionAffinityConfig !== undefined && { sessionAffinityConfig }) };
  return {
    metadata: {
      name: derivedName(name, spec.type),
      namespace,
      labels: { ...multiclusterLabels(), [labels.EXPORTED_SERVICE]: name },
      annotations: { [ALLOW_REFLECTION]: "true" },
      ownerReferences: [ownedByImport(imported)],
    },
    spec: {
      type: "ClusterIP",
      ports: spec.ports.map(({ name: port, ...rest }) => ({ ...rest, ...(port !== undefined && { name: port }) })),
      ...(spec.type === "Headless" ? { clusterIP: "None" } : affinity),
      ...(internalTrafficPolicy !== undefined && { internalTrafficPolicy }),
      ...(trafficDistribution !== undefined && { trafficDistribution }),
    } as NonNullable<Service["spec"]>,
  };
}

/** The import does not wait for what it owns: to say so needs a right that Liqo has no other use for. */
export function ownedByImport(imported: ServiceImport): OwnerReference {
  const { group, version } = MULTICLUSTER;
  return controllerReference({ ...imported, apiVersion: `${group}/${version}`, kind: "ServiceImport" }, false);
}
