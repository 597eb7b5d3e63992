/** The twins that nobody asks for any more. Upstream: pkg/liqo-controller-manager/offloading/namespacemap-controller */
import type { Namespace } from "kubernetes-types/core/v1";
import * as annotations from "#api/annotations.ts";

export interface Surplus {
  /** The consumer's namespace. */
  readonly origin: string;
  readonly remote: string;
  readonly twin: Namespace;
}

/** `managed`: what the map has made; `desired`: consumer's namespace to twin. */
export function planSurplus(managed: readonly Namespace[], desired: Readonly<Record<string, string>>): Surplus[] {
  return managed.flatMap((twin) => {
    const origin = twin.metadata?.annotations?.[annotations.ORIGINAL_NAME] ?? "";
    const remote = twin.metadata?.name ?? "";
    return desired[origin] === remote ? [] : [{ origin, remote, twin }];
  });
}
