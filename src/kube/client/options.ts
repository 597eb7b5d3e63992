/** What requests of the client may be given. Kubernetes: apimachinery/pkg/apis/meta/v1 (ListOptions, DeleteOptions, PatchOptions) */
export interface ListOptions {
  /** Absent or "": all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
  /** The server leaves everything else out: of Secrets nothing secret is sent. Default: whole objects. */
  readonly metadataOnly?: boolean;
}

/** For the header Accept. Kubernetes: meta/v1 PartialObjectMetadata */
export function acceptPartial(kind: "PartialObjectMetadata" | "PartialObjectMetadataList"): {
  readonly Accept: string;
} {
  return { Accept: `application/json;as=${kind};g=meta.k8s.io;v=v1` };
}

export interface WatchOptions extends ListOptions {
  readonly timeoutSeconds?: number;
}

export interface WriteOptions {
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
  readonly subresource?: string;
}

export interface ApplyOptions extends WriteOptions {
  /** Take over fields of other managers. Default true, as controllers do. */
  readonly force?: boolean;
}

export interface DeleteOptions {
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Orphan" | "Background" | "Foreground";
  readonly dryRun?: boolean;
}

export type PatchType = "json" | "merge" | "strategic";

export const PATCH_MEDIA: Readonly<Record<PatchType, string>> = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
};
