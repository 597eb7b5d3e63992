/**
 * Cuts what a provider reports to a size that its consumer's API server can bear: a status is copied into objects here as
 * often as the provider likes. Used for pods, events and replicated objects. Upstream copies whatever comes.
 */

export interface Bounds {
  readonly characters: number;
  readonly items: number;
  readonly keys: number;
}

// Kubernetes: the message of a terminated container has 4096 bytes; no pod status has half as many entries.
const OF_STATUS: Bounds = { characters: 4_096, items: 256, keys: 64 };
const DEPTH = 12;

/** A sixth of what a request may have: https://etcd.io/docs/latest/dev-guide/limit. */
export const MOST_STATUS_BYTES = 256 * 1024;

/** The same JSON with long texts cut, long lists and maps ended, and nothing below a depth that no status has. */
export function bounded<T>(value: T, bounds: Bounds = OF_STATUS): T {
  return truncate(value, bounds, DEPTH) as T;
}

/** Why the status is not taken; undefined when it is. */
export function sizeProblem(status: unknown): string | undefined {
  const sizeBytes = Buffer.byteLength(JSON.stringify(status) ?? "");
  if (sizeBytes <= MOST_STATUS_BYTES) return undefined;
  return `the provider's status has ${sizeBytes} bytes, at most ${MOST_STATUS_BYTES} are taken`;
}

function truncate(value: unknown, bounds: Bounds, depth: number): unknown {
  if (typeof value === "string") return value.slice(0, bounds.characters);
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) return undefined;
  const { items, keys } = bounds;
  if (Array.isArray(value)) return value.slice(0, items).map((each) => truncate(each, bounds, depth - 1));
  const entries = Object.entries(value).slice(0, keys);
  return Object.fromEntries(
    entries.map(([key, each]) => [key.slice(0, bounds.characters), truncate(each, bounds, depth - 1)]),
  );
}
