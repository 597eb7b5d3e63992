/**
 * One request of the comparison, and short ways to write tables of them. In paths, bodies and headers `{name}` stands for
 * what an earlier step saved, per server: revisions and continue tokens differ.
 */
export interface Step {
  /** Unique; what is printed before a difference. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  /** Sent as JSON unless it is text. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Variable → dotted path in the answer. */
  readonly save?: Readonly<Record<string, string>>;
  /** Of a watch: requests made once it runs; the watch itself ends after its timeoutSeconds. */
  readonly during?: readonly Step[];
  /** Done on both, compared on neither: what the steps need around them. What is to be deleted may be absent. */
  readonly setUp?: boolean;
}

type More = Partial<Omit<Step, "name" | "method" | "path">>;

export function get(name: string, path: string, more: More = {}): Step {
  return { name, method: "GET", path, ...more };
}

export function post(name: string, path: string, body: unknown, more: More = {}): Step {
  return { name, method: "POST", path, body, ...more };
}

export function put(name: string, path: string, body: unknown, more: More = {}): Step {
  return { name, method: "PUT", path, body, ...more };
}

export function remove(name: string, path: string, body?: unknown, more: More = {}): Step {
  return { name, method: "DELETE", path, ...(body !== undefined && { body }), ...more };
}

const PATCH_TYPES = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
} as const;

export function patch(
  type: keyof typeof PATCH_TYPES,
  name: string,
  path: string,
  body: unknown,
  more: More = {},
): Step {
  return {
    name,
    method: "PATCH",
    path,
    body,
    ...more,
    headers: { "content-type": PATCH_TYPES[type], ...more.headers },
  };
}

/** A namespace of its own with the account that pods need: the controllers that make it do not run here. */
export function inNamespace(name: string): Step[] {
  return [
    post(`${name}: namespace`, "/api/v1/namespaces", { metadata: { name } }, { setUp: true }),
    post(
      `${name}: account`,
      `/api/v1/namespaces/${name}/serviceaccounts`,
      { metadata: { name: "default" } },
      { setUp: true },
    ),
  ];
}

export const TABLE = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json" };
export const PARTIAL = { accept: "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json" };
export const PARTIAL_LIST = {
  accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json",
};
