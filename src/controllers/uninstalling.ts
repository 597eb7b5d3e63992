/** Whether Liqo is being uninstalled. Upstream: annotation of the Deployment, written by cmd/uninstaller */
import type { Deployment } from "kubernetes-types/apps/v1";
import type { ClusterRoleBinding } from "kubernetes-types/rbac/v1";
import { UNINSTALLING } from "#api/annotations.ts";
import { CONTROLLER_MANAGER } from "#forge/names.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { clusterRoleBindings, deployments } from "#machinery/builtin.ts";
import type { Deps } from "./deps.ts";

/** Of the controller manager alone. */
export function ownDeployment({ informers, settings }: Pick<Deps, "informers" | "settings">): Informer<Deployment> {
  const fieldSelector = `metadata.name=${CONTROLLER_MANAGER}`;
  return informers.for(deployments, { namespace: settings.liqoNamespace, fieldSelector });
}

/** Of the controller manager alone: what has no namespace can be owned by what has none. */
export function ownBinding({ informers }: Pick<Deps, "informers">): Informer<ClusterRoleBinding> {
  return informers.for(clusterRoleBindings, { fieldSelector: `metadata.name=${CONTROLLER_MANAGER}` });
}

/**
 * A function that tells, from the cache; its first call comes after the informers' first lists. A Deployment that was there
 * and has gone tells it, too: what its pod made again in its last moments would be nobody's.
 */
export function uninstallingProbe(deps: Pick<Deps, "informers" | "settings">): () => boolean {
  const informer = ownDeployment(deps);
  let isGone = false;
  informer.addHandler({
    added: () => {
      isGone = false;
    },
    deleted: () => {
      isGone = true;
    },
  });
  return () => isGone || informer.store.list().some(isLeaving);
}

function isLeaving({ metadata }: Deployment): boolean {
  return metadata?.deletionTimestamp !== undefined || metadata?.annotations?.[UNINSTALLING] === "true";
}
