/**
 * One Service of the clusterset from what its clusters export: the oldest export decides where they differ, and all are told.
 * Kubernetes: KEP-1645, Constraints and Conflict Resolution
 */
import type { ImportedPort, ServiceImportSpec } from "#api/multicluster/serviceimport.ts";
import type { Condition } from "#machinery/conditions.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import type { ExportedService } from "./exported-service.ts";

export interface MergedService {
  readonly spec: ServiceImportSpec;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** In the order of precedence. */
  readonly clusters: readonly string[];
  /** The condition `Conflict`, the same for all that export it. */
  readonly conflict: Condition;
}

/** Undefined: nobody exports it. */
export function mergeExports(exports: readonly ExportedService[]): MergedService | undefined {
  const ordered = exports.toSorted((a, b) => compare(a.since, b.since) || compare(a.cluster, b.cluster));
  const [oldest] = ordered;
  if (oldest === undefined) return undefined;
  const { type, sessionAffinity, sessionAffinityConfig, internalTrafficPolicy, trafficDistribution } = oldest;
  return {
    spec: {
      type,
      ports: unionOf(ordered),
      ipFamilies: ["IPv4"],
      sessionAffinity,
      ...(sessionAffinityConfig !== undefined && { sessionAffinityConfig }),
      ...(internalTrafficPolicy !== undefined && { internalTrafficPolicy }),
      ...(trafficDistribution !== undefined && { trafficDistribution }),
    },
    labels: oldest.labels,
    annotations: oldest.annotations,
    clusters: ordered.map(({ cluster }) => cluster),
    conflict: conflictOf(ordered, oldest),
  };
}

/** The ports that a cluster has as the clusterset has them: others of its endpoints would get what is not meant for them. */
export function servedPorts(
  exported: Pick<ExportedService, "ports">,
  spec: Pick<ServiceImportSpec, "ports">,
): string[] {
  return spec.ports
    .filter((port) => exported.ports.some((own) => isSamePort(own, port) && nameOf(own) === nameOf(port)))
    .map(nameOf);
}

function unionOf(ordered: readonly ExportedService[]): ImportedPort[] {
  const ports: ImportedPort[] = [];
  for (const port of ordered.flatMap((each) => each.ports)) {
    if (ports.some((other) => nameOf(other) === nameOf(port) || isSamePort(other, port))) continue;
    // The Service that is made of it has several ports only if all have names.
    if (ports.length > 0 && [ports[0], port].some((each) => each !== undefined && nameOf(each) === "")) continue;
    ports.push(port);
  }
  return ports;
}

const COMPARED: readonly (readonly [string, string, (of: ExportedService) => unknown])[] = [
  ["PortConflict", "ports", ({ ports }) => ports.toSorted((a, b) => compare(nameOf(a), nameOf(b)))],
  ["TypeConflict", "headlessness", ({ type }) => type],
  ["SessionAffinityConflict", "session affinity", ({ sessionAffinity }) => sessionAffinity],
  [
    "SessionAffinityConfigConflict",
    "session affinity configuration",
    ({ sessionAffinityConfig }) => sessionAffinityConfig,
  ],
  ["InternalTrafficPolicyConflict", "internal traffic policy", ({ internalTrafficPolicy }) => internalTrafficPolicy],
  ["TrafficDistributionConflict", "traffic distribution", ({ trafficDistribution }) => trafficDistribution],
  ["LabelsConflict", "exported labels", ({ labels }) => labels],
  ["AnnotationsConflict", "exported annotations", ({ annotations }) => annotations],
];

function conflictOf(ordered: readonly ExportedService[], oldest: ExportedService): Condition {
  const found = COMPARED.flatMap(([reason, what, of]) => {
    const others = ordered.filter((each) => !jsonEquals(of(each), of(oldest))).map(({ cluster }) => cluster);
    return others.length === 0 ? [] : [{ reason, text: `${what} (${others.join(", ")})` }];
  });
  if (found.length === 0)
    return { type: "Conflict", status: "False", reason: "NoConflicts", message: "all exports agree" };
  return {
    type: "Conflict",
    status: "True",
    reason: found.map(({ reason }) => reason).join(","),
    message: `differs from the oldest export, that of ${oldest.cluster}, which decides: ${found.map(({ text }) => text).join("; ")}`,
  };
}

function isSamePort(a: ImportedPort, b: ImportedPort): boolean {
  return a.port === b.port && (a.protocol ?? "TCP") === (b.protocol ?? "TCP");
}

function nameOf({ name = "" }: ImportedPort): string {
  return name;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
