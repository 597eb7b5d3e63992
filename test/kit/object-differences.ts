/**
 * How the objects of one installation differ from those of another, field by field. Used to hold what our controllers
 * write against what was recorded from upstream Liqo. Pure.
 */
import type { NormalObject } from "./normal-object.ts";

export interface Difference {
  /** `Kind namespace/name`, names normalised. */
  readonly object: string;
  /** Empty when the whole object is on one side only. */
  readonly path: string;
  readonly upstream: string | undefined;
  readonly here: string | undefined;
}

/** A difference that is meant, and why. */
export interface Accepted {
  readonly object: RegExp;
  readonly path: RegExp;
  readonly reason: string;
}

/** Sorted by object, then by path. Objects of equal normalised names are paired with the likest. */
export function differences(upstream: readonly NormalObject[], here: readonly NormalObject[]): Difference[] {
  const theirs = Map.groupBy(upstream, ({ title }) => title);
  const ours = Map.groupBy(here, ({ title }) => title);
  const titles = [...new Set([...theirs.keys(), ...ours.keys()])].sort();
  return titles.flatMap((title) => groupDifferences(title, theirs.get(title) ?? [], ours.get(title) ?? []));
}

/** `Kind ns/name path: upstream X, here Y`. */
export function formatDifference({ object, path, upstream, here }: Difference): string {
  const side = (value: string | undefined) => value ?? "nothing";
  return `${object}${path && ` ${path}`}: upstream ${side(upstream)}, here ${side(here)}`;
}

/** The differences that nothing accepts, and the acceptances that nothing needs. */
export function judge(
  found: readonly Difference[],
  accepted: readonly Accepted[],
): { readonly open: Difference[]; readonly idle: Accepted[] } {
  const isMeant = (difference: Difference, { object, path }: Accepted) =>
    object.test(difference.object) && path.test(difference.path);
  return {
    open: found.filter((difference) => !accepted.some((entry) => isMeant(difference, entry))),
    idle: accepted.filter((entry) => !found.some((difference) => isMeant(difference, entry))),
  };
}

function groupDifferences(title: string, theirs: readonly NormalObject[], ours: readonly NormalObject[]): Difference[] {
  const left = [...ours];
  const found: Difference[] = [];
  for (const one of theirs) {
    const likest = left
      .map((other) => ({ other, differences: fieldDifferences(one, other) }))
      .sort((a, b) => a.differences.length - b.differences.length)[0];
    if (likest === undefined) {
      found.push({ object: title, path: "", upstream: "exists", here: undefined });
      continue;
    }
    left.splice(left.indexOf(likest.other), 1);
    found.push(...likest.differences);
  }
  return [...found, ...left.map(() => ({ object: title, path: "", upstream: undefined, here: "exists" }))];
}

function fieldDifferences({ title, fields: theirs }: NormalObject, { fields: ours }: NormalObject): Difference[] {
  const paths = [...new Set([...theirs.keys(), ...ours.keys()])].sort();
  return paths
    .filter((path) => theirs.get(path) !== ours.get(path))
    .map((path) => ({ object: title, path, upstream: theirs.get(path), here: ours.get(path) }));
}
