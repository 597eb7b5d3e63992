/** What one cluster gives to a Service of the clusterset: as it is read from Service and ServiceExport, and written down. */
import type { Service, ServicePort, SessionAffinityConfig } from "kubernetes-types/core/v1";
import type { ServiceExport } from "#api/multicluster/serviceexport.ts";
import type { ImportedPort } from "#api/multicluster/serviceimport.ts";
import type { Condition } from "#machinery/conditions.ts";
import { labelValue, qualifiedName } from "#machinery/names.ts";
import { withoutMarks } from "../marks.ts";

export interface ExportedService {
  readonly cluster: string;
  /** RFC 3339, of the ServiceExport: the oldest decides. */
  readonly since: string;
  readonly type: "ClusterSetIP" | "Headless";
  readonly ports: readonly ImportedPort[];
  readonly sessionAffinity: string;
  readonly sessionAffinityConfig?: SessionAffinityConfig;
  readonly internalTrafficPolicy?: string;
  readonly trafficDistribution?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The condition `Valid` of a ServiceExport. */
export function validityOf({ metadata }: ServiceExport, service: Service | undefined): Condition {
  const of = `Service ${metadata?.namespace}/${metadata?.name}`;
  if (service === undefined || service.metadata?.deletionTimestamp !== undefined)
    return { type: "Valid", status: "False", reason: "NoService", message: `${of} does not exist: create it` };
  if (service.spec?.type === "ExternalName") {
    const message = `${of} is of type ExternalName, which has no endpoints to export: use another type`;
    return { type: "Valid", status: "False", reason: "InvalidServiceType", message };
  }
  return { type: "Valid", status: "True", reason: "Valid", message: `${of} can be exported` };
}

/** Undefined: there is nothing that can be exported. */
export function exportedService(
  exported: ServiceExport | undefined,
  service: Service | undefined,
  cluster: string,
): ExportedService | undefined {
  if (exported === undefined || exported.metadata?.deletionTimestamp !== undefined) return undefined;
  if (validityOf(exported, service).status !== "True") return undefined;
  const { clusterIP, ports = [], sessionAffinity = "None", sessionAffinityConfig, ...spec } = service?.spec ?? {};
  const { internalTrafficPolicy, trafficDistribution } = spec;
  return {
    cluster,
    since: exported.metadata?.creationTimestamp ?? "",
    type: clusterIP === "None" ? "Headless" : "ClusterSetIP",
    ports: ports.map(importedPort),
    sessionAffinity,
    ...(sessionAffinityConfig !== undefined && { sessionAffinityConfig }),
    ...(internalTrafficPolicy !== undefined && { internalTrafficPolicy }),
    ...(trafficDistribution !== undefined && { trafficDistribution }),
    labels: usable(exported.spec?.exportedLabels, (value) => labelValue(value).length === 0),
    annotations: usable(exported.spec?.exportedAnnotations, () => true),
  };
}

/** What `JSON.stringify` wrote; undefined when it is nothing of that kind. */
export function parseExportedService(text: string | undefined): ExportedService | undefined {
  const found = text === undefined ? undefined : parsed(text);
  if (typeof found !== "object" || found === null) return undefined;
  const each = found as Partial<ExportedService>;
  const isWhole =
    typeof each.cluster === "string" &&
    typeof each.since === "string" &&
    (each.type === "ClusterSetIP" || each.type === "Headless") &&
    typeof each.sessionAffinity === "string" &&
    Array.isArray(each.ports) &&
    each.ports.every((port) => typeof port?.port === "number");
  if (!isWhole) return undefined;
  // Checked above, field by field.
  return { labels: {}, annotations: {}, ...each } as ExportedService;
}

/** The CRD takes any text; one that no object can carry must not hold up the Service for all. */
function usable(
  marks: Readonly<Record<string, string>> | undefined,
  isValid: (value: string) => boolean,
): Record<string, string> {
  const entries = Object.entries(withoutMarks(marks));
  return Object.fromEntries(entries.filter(([key, value]) => qualifiedName(key).length === 0 && isValid(value)));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Somebody else's writing: as good as none.
    return undefined;
  }
}

function importedPort({ name, protocol = "TCP", appProtocol, port }: ServicePort): ImportedPort {
  return {
    ...(name !== undefined && name !== "" && { name }),
    protocol,
    ...(appProtocol !== undefined && { appProtocol }),
    port,
  };
}
