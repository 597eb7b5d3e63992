/** Whether Liqo is being uninstalled. Upstream: annotation of the Deployment, written by cmd/uninstaller */
import { UNINSTALLING } from "#api/annotations.ts";
import { CONTROLLER_MANAGER } from "#forge/names.ts";
import { deployments } from "#machinery/builtin.ts";
import type { Deps } from "./deps.ts";

/** A function that tells, from the cache; its first call comes after the informers' first lists. */
export function uninstallingProbe(deps: Deps): () => boolean {
  const key = { namespace: deps.settings.liqoNamespace, name: CONTROLLER_MANAGER };
  const informer = deps.informers.for(deployments, {
    namespace: key.namespace,
    fieldSelector: `metadata.name=${key.name}`,
  });
  return () => informer.store.get(key)?.metadata?.annotations?.[UNINSTALLING] === "true";
}
