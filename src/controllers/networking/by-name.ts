/** The order in which tables list nodes: the same at every run, or they would change without a reason. */
import type { InternalNode } from "#api/networking/internal.ts";

export function byName(nodes: readonly InternalNode[]): InternalNode[] {
  return [...nodes].sort((a, b) => ((a.metadata?.name ?? "") < (b.metadata?.name ?? "") ? -1 : 1));
}
