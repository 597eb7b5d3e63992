/**
 * Where the embedded API server differs from the genuine one on purpose. Each entry has to be needed: one that covers
 * no difference fails. The same list for readers is in docs/compatibility.md, "The embedded API server beside the genuine one".
 */
import type { Accepted } from "./compare.ts";

export const ACCEPTED: readonly Accepted[] = [
  {
    step: / rows?$|^table|^watch table/,
    path: /columnDefinitions\[\d+\]\.description$/,
    reason: "descriptions of columns are Go's field comments; no client shows them",
  },
];
