/**
 * Whose tenant namespace is this? What lies in one is believed to be of that peer, because only this cluster's
 * administrators make and label namespaces; a label on the object itself is written by whoever writes the object.
 * Upstream: pkg/tenantNamespace
 */
import type { Namespace } from "kubernetes-types/core/v1";
import * as annotations from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import { type Watch, watchMapped } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import type { Informers } from "#kube/informer/informers.ts";
import { namespaces } from "#machinery/builtin.ts";
import type { ObjectKey } from "#machinery/meta.ts";

export class TenantNamespaces {
  readonly #informer: Informer<Namespace>;

  /** Shares the one watch of all namespaces. */
  constructor(informers: Informers) {
    this.#informer = informers.for(namespaces);
  }

  /** The cluster id of the peer; undefined: not a tenant namespace, as far as the cache knows. */
  peerOf(namespace: string | undefined): string | undefined {
    return namespace === undefined ? undefined : tenantOf(this.#informer.store.get({ name: namespace }));
  }

  /** The consumer whose twin namespace this is: the NamespaceMap controller labels what it makes. */
  consumerOf(namespace: string | undefined): string | undefined {
    if (namespace === undefined) return undefined;
    const { labels: own, annotations: notes } = this.#informer.store.get({ name: namespace })?.metadata ?? {};
    return notes?.[annotations.MANAGED_BY_NAMESPACE_MAP] === undefined ? undefined : own?.[labels.REMOTE_CLUSTER_ID];
  }

  /** What to look at again when a namespace becomes or ceases to be somebody's. */
  watch(keysIn: (namespace: string) => readonly ObjectKey[]): Watch {
    return watchMapped(this.#informer, ({ metadata }) => keysIn(metadata?.name ?? ""));
  }
}

/** The peer whose tenant namespace it is. */
function tenantOf(namespace: Namespace | undefined): string | undefined {
  const own = namespace?.metadata?.labels;
  const peer = own?.[labels.REMOTE_CLUSTER_ID];
  return own?.[labels.TENANT_NAMESPACE] === "true" && peer !== "" ? peer : undefined;
}

/** What is said of an object of a peer that lies anywhere else. */
export function notTenantNamespaceOf(peer: string | undefined, namespace: string | undefined): string {
  return `namespace ${namespace} is not the tenant namespace of ${peer}`;
}
