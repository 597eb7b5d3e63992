/**
 * What goes when something is deleted: what lies in a namespace goes with it, what is owned with its last owner. Pure.
 * Kubernetes: pkg/controller/{namespace,garbagecollector}
 */

import type { KubeObject } from "#machinery/meta.ts";
import { isTold, type Step, titleOf } from "./model.ts";

export interface Root {
  readonly object: KubeObject;
  readonly why: string;
}

/** `objects`: those of the cluster that may follow, with kinds and uids. The roots come first. */
export function removalOf(cluster: string, objects: readonly KubeObject[], roots: readonly Root[]): Step[] {
  const going = new Map<string, Step>();
  const goingUids = new Set<string>();
  const add = ({ object, why }: Root, isUsers: boolean): void => {
    const { uid } = object.metadata ?? {};
    if (uid !== undefined) goingUids.add(uid);
    going.set(titleOf(object), { cluster, verb: "delete", object, why, isUsers });
  };
  // Whoever chose the roots knows whose they are.
  for (const root of roots) if (!going.has(titleOf(root.object))) add(root, false);
  for (;;) {
    const following = objects
      .filter((object) => !going.has(titleOf(object)))
      .flatMap((object) => {
        const why = reasonOf(object, going, goingUids);
        return why === undefined ? [] : [{ object, why }];
      });
    if (following.length === 0) return [...going.values()];
    for (const each of following) add(each, isUsersOwn(each.object));
  }
}

function reasonOf(
  { metadata }: KubeObject,
  going: ReadonlyMap<string, Step>,
  goingUids: ReadonlySet<string>,
): string | undefined {
  const { namespace, ownerReferences = [] } = metadata ?? {};
  if (namespace !== undefined && going.has(`Namespace ${namespace}`)) return "it lies in a namespace that goes";
  const [owner] = ownerReferences;
  if (owner === undefined || !ownerReferences.every(({ uid }) => goingUids.has(uid))) return undefined;
  return `its owner goes: ${owner.kind} ${owner.name}`;
}

const LIQO_KEY = /(^|\.)liqo\.io\//;

/** Neither Liqo's nor made by a controller of something else. */
export function isUsersOwn(object: KubeObject): boolean {
  const { labels = {}, annotations = {}, ownerReferences = [] } = object.metadata ?? {};
  const keys = [...Object.keys(labels), ...Object.keys(annotations)];
  return isTold(object) && ownerReferences.length === 0 && !keys.some((key) => LIQO_KEY.test(key)) && !isLiqos(object);
}

function isLiqos({ apiVersion = "", kind = "" }: KubeObject): boolean {
  return /(^|\.)liqo\.io\//.test(apiVersion) || kind === "Namespace";
}

/** `unlisted`: kinds and groups that could not be listed there. */
export function unlistedRemarks(unlisted: readonly string[], cluster: string): string[] {
  return unlisted.length === 0
    ? []
    : [`${unlisted.join(", ")} could not be listed at ${cluster}: what goes of them is not told`];
}
