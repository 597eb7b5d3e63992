/** Values of requests, bounded: whatever is no such value is refused before anybody looks at it. */
import { ITEM_KINDS, type ItemKey, type ItemKind } from "../../model/items.ts";
import { Refusal } from "./answers.ts";

/** As long as four names of Kubernetes, each character escaped. */
const MOST_KEY = 4 * 253 * 3 + 16;
const MOST_TEXT = 253;

export interface ParsedKey {
  readonly kind: ItemKind;
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
}

/** The parts of a key; undefined for what is none. */
export function parseItemKey(text: string): ParsedKey | undefined {
  if (text.length > MOST_KEY) return undefined;
  const parts = text.split("/").map(decoded);
  const [kind, cluster, namespace, name, more] = parts;
  if (more !== undefined || cluster === undefined || namespace === undefined || name === undefined) return undefined;
  const known = ITEM_KINDS.find((each) => each === kind);
  // A cluster is named once.
  if (known === undefined || cluster === "" || (name === "") !== (known === "cluster")) return undefined;
  return { kind: known, cluster, namespace, name };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

export class Query {
  readonly #values: URLSearchParams;

  constructor(values: URLSearchParams) {
    this.#values = values;
  }

  /** Throws a Refusal where there is no key. */
  key(name: string): ItemKey {
    const text = this.#values.get(name) ?? "";
    if (parseItemKey(text) === undefined)
      throw new Refusal(400, `${name} must be the key of an item`, { hint: `<kind>/<cluster>/<namespace>/<name>` });
    return text;
  }

  /** A whole number; `initial` where it is not given. Throws a Refusal for what is none within the bounds. */
  integer(name: string, initial: number, { least, most }: { readonly least: number; readonly most: number }): number {
    const text = this.#values.get(name);
    if (text === null) return initial;
    const value = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most))
      throw new Refusal(400, `${name} must be a whole number from ${least} to ${most}`);
    return value;
  }

  /** Throws a Refusal for what is no name of Kubernetes. */
  name(name: string): string | undefined {
    const text = this.#values.get(name);
    if (text === null || text === "") return undefined;
    if (text.length > MOST_TEXT || !/^[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?$/.test(text))
      throw new Refusal(400, `${name} must be a name`);
    return text;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  isTrue(name: string): boolean {
    return ["1", "true"].includes(this.#values.get(name) ?? "");
  }
}
