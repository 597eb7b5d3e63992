/**
 * EndpointSlices of the clusterset at home: those of each exporting cluster, and one without endpoints per export of a
 * provider, by which its virtual kubelet tells the controller manager what is exported. Kubernetes: KEP-1645, Tracking Endpoints
 */
import type { Endpoint, EndpointSlice } from "kubernetes-types/discovery/v1";
import * as annotations from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import { MULTICLUSTER_SERVICE, type ServiceImport, SOURCE_CLUSTER } from "#api/multicluster/serviceimport.ts";
import type { KubeObject, OwnerReference } from "#machinery/meta.ts";
import type { ExportedService } from "./exported-service.ts";
import { parseExportedService } from "./exported-service.ts";
import { servedPorts } from "./merge.ts";
import { derivedName, isOfMulticluster, multiclusterLabels } from "./service-import.ts";

export const KUBERNETES_SERVICE = "kubernetes.io/service-name";
/** Not Kubernetes' own controller, which would take them for its own. */
const SLICE_MANAGER = "multicluster.liqo.io";

export interface ImportedSliceOptions {
  readonly exported: ExportedService;
  /** The ServiceImport at home; without it no port is agreed upon, and nothing to be reached. */
  readonly imported: ServiceImport | undefined;
  readonly owner?: OwnerReference;
  /** As the home cluster sees the endpoint; undefined: it is left out. */
  readonly place: (endpoint: Endpoint) => Endpoint | undefined;
}

/** The slice at home of one that belongs to the exported Service in its cluster. Undefined: nothing of it is of use yet. */
export function forgeImportedSlice(
  { metadata, addressType, endpoints, ports }: EndpointSlice,
  namespace: string,
  service: string,
  { exported, imported, owner, place }: ImportedSliceOptions,
): EndpointSlice | undefined {
  if (imported?.spec === undefined || addressType !== "IPv4") return undefined;
  const served = servedPorts(exported, imported.spec);
  return {
    metadata: {
      name: `liqo-mcs-${exported.cluster}-${metadata?.name ?? ""}`,
      namespace,
      labels: {
        ...sourceLabels(service, exported.cluster),
        [MULTICLUSTER_SERVICE]: service,
        [SOURCE_CLUSTER]: exported.cluster,
        [KUBERNETES_SERVICE]: derivedName(service, imported.spec.type),
      },
      ...(owner !== undefined && { ownerReferences: [owner] }),
    },
    addressType,
    endpoints: (endpoints ?? []).flatMap((endpoint) => place(endpoint) ?? []),
    ports: (ports ?? []).filter(({ name = "" }) => served.includes(name)),
  };
}

/** Says that the cluster exports the Service, and how. */
export function forgeExportRecord(namespace: string, service: string, exported: ExportedService): EndpointSlice {
  return {
    metadata: {
      name: `liqo-mcs-${exported.cluster}-${service}.export`,
      namespace,
      labels: sourceLabels(service, exported.cluster),
      annotations: { [annotations.EXPORTED_AS]: JSON.stringify(exported) },
    },
    addressType: "IPv4",
    endpoints: [],
    ports: [],
  };
}

export function isExportRecord(slice: KubeObject): boolean {
  return isOfMulticluster(slice) && slice.metadata?.annotations?.[annotations.EXPORTED_AS] !== undefined;
}

/** Undefined: it is no record, or of another cluster than it says. */
export function recordedExport({ metadata }: EndpointSlice): ExportedService | undefined {
  const exported = parseExportedService(metadata?.annotations?.[annotations.EXPORTED_AS]);
  return exported?.cluster === metadata?.labels?.[labels.REMOTE_CLUSTER_ID] ? exported : undefined;
}

/** The Service and the cluster that a slice at home was made for. */
export function sourceOf(slice: EndpointSlice): { readonly service: string; readonly cluster: string } | undefined {
  const own = slice.metadata?.labels;
  const [service, cluster] = [own?.[labels.EXPORTED_SERVICE], own?.[labels.REMOTE_CLUSTER_ID]];
  return !isOfMulticluster(slice) || service === undefined || cluster === undefined ? undefined : { service, cluster };
}

function sourceLabels(service: string, cluster: string): Record<string, string> {
  return {
    ...multiclusterLabels(),
    [labels.ENDPOINT_SLICE_MANAGED_BY]: SLICE_MANAGER,
    [labels.EXPORTED_SERVICE]: service,
    [labels.REMOTE_CLUSTER_ID]: cluster,
  };
}
