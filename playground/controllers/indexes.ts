/**
 * How controllers find what belongs to an object without looking at all objects: for `store.indexBy`, which keeps one
 * index for each function however many ask. Kubernetes: pkg/controller/controller_utils.go (AddPodControllerIndexer)
 */
import { controllerOf, type KubeObject } from "#machinery/meta.ts";

/** Where objects without a controller are found. */
export const NO_CONTROLLER = "";

/** By the uid of the controller. */
export function controllerUid(object: KubeObject): readonly string[] {
  return [controllerOf(object)?.uid ?? NO_CONTROLLER];
}

/** By its own uid. */
export function uidOf(object: KubeObject): readonly string[] {
  return [object.metadata?.uid ?? ""];
}
