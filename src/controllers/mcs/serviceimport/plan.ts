/** What the Service of a clusterset is in its home namespace, and whether an export can be followed. */
import type { Service } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import type { ServiceExport } from "#api/multicluster/serviceexport.ts";
import type { ServiceImport } from "#api/multicluster/serviceimport.ts";
import { type ExportedService, exportedService } from "#forge/multicluster/exported-service.ts";
import { type MergedService, mergeExports } from "#forge/multicluster/merge.ts";
import { derivedName, isOfMulticluster } from "#forge/multicluster/service-import.ts";
import { isExportRecord, recordedExport, sourceOf } from "#forge/multicluster/slices.ts";

export interface Seen {
  readonly clusterId: string;
  readonly namespace: string;
  readonly name: string;
  /** Whether the namespace has twins, or is to have: without, there is nobody to export to. */
  readonly isOffloaded: boolean;
  readonly exported: ServiceExport | undefined;
  readonly service: Service | undefined;
  readonly imported: ServiceImport | undefined;
  /** By name. */
  readonly findService: (name: string) => Service | undefined;
  /** Those in the namespace that were made for this Service of the clusterset. */
  readonly slices: readonly EndpointSlice[];
  /** The clusters in which the namespace has a twin. */
  readonly providers: ReadonlySet<string>;
}

export interface Plan {
  /** What this cluster gives. */
  readonly own: ExportedService | undefined;
  /** Undefined: there is to be no ServiceImport. */
  readonly merged: MergedService | undefined;
  /** Why nothing comes of the export, for its user. */
  readonly obstacle: string | undefined;
  /** Left by clusters in which there is no twin any more: nobody there takes them away. */
  readonly stale: readonly EndpointSlice[];
}

export function planImport(seen: Seen): Plan {
  const { clusterId, exported, service, slices, providers } = seen;
  const own = exportedService(exported, service, clusterId);
  const stale = slices.filter((slice) => {
    const cluster = sourceOf(slice)?.cluster ?? "";
    return cluster !== clusterId && !providers.has(cluster);
  });
  const records = slices.filter((slice) => isExportRecord(slice) && !stale.includes(slice));
  const exports = [...(own === undefined ? [] : [own]), ...records.flatMap((each) => recordedExport(each) ?? [])];
  const merged = seen.isOffloaded ? mergeExports(exports) : undefined;
  const obstacle = obstacleOf(seen, merged);
  return { own, merged: obstacle === undefined ? merged : undefined, obstacle, stale };
}

function obstacleOf(seen: Seen, merged: MergedService | undefined): string | undefined {
  const { namespace, name } = seen;
  if (!seen.isOffloaded) return `namespace ${namespace} is not offloaded: liqoctl offload namespace ${namespace}`;
  if (seen.imported !== undefined && !isOfMulticluster(seen.imported))
    return `ServiceImport ${namespace}/${name} is not Liqo's: delete it, or what makes it`;
  if (merged === undefined) return undefined;
  const derived = seen.findService(derivedName(name, merged.spec.type));
  if (derived !== undefined && !isOfMulticluster(derived))
    return `Service ${namespace}/${derived.metadata?.name} is not Liqo's, which needs the name: rename it`;
  return undefined;
}
