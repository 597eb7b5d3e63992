/**
 * YAML from strangers, bounded in size, depth and aliases, and read in linear time: version 1.1 without its times and
 * numbers of base 60, as Go's decoder. The package's own `parse` compares all keys of a map with each other, and turns
 * aliases and keys that are no scalars into values in quadratic time, so that 100 KB occupy it for minutes.
 * Go: sigs.k8s.io/yaml, go.yaml.in/yaml/v2 (decode.go)
 */
import {
  type Alias,
  Composer,
  type CST,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type ParsedNode,
  Parser,
  type Scalar,
  type YAMLMap,
  type YAMLParseError,
} from "yaml";

/** The package recurses with large frames: V8's stack ends somewhere beyond 500. A CRD is some 40 levels deep. */
const MAX_DEPTH = 250;
/** A CRD of one megabyte has some 250,000; this many take about half a second. */
const MAX_TOKENS = 500_000;
/** Values that aliases may add to those written out. Go refuses by ratio; manifests use a handful. */
const MAX_ALIASED_VALUES = 100_000;
// Go: sigs.k8s.io/json keeps this many strict errors.
const MAX_DUPLICATES = 100;
const MERGE_KEY = "<<";
const TOO_DEEP = `exceeded max depth of ${MAX_DEPTH}`;

export interface YamlOptions {
  /** Called for each key that a map has twice, of which the last counts, a hundred times at most; default: they are refused. */
  readonly onDuplicate?: (key: string, line: number) => void;
}

/** Why a text cannot be read; `code` is the package's own, absent where a bound or Go's rules refuse. */
export class YamlError extends SyntaxError {
  readonly code: string | undefined;
  readonly line: number;

  constructor(message: string, line: number, code?: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "YamlError";
    this.line = line;
    this.code = code;
  }
}

/** Plain objects, arrays, strings, numbers, booleans and nulls. Throws a YamlError. */
export function parseYaml(text: string, options: YamlOptions = {}): unknown {
  const documents = [...new Composer(COMPOSE).compose(readTokens(text), true, text.length)];
  const [document, second] = documents;
  const failure = document?.errors[0];
  if (failure !== undefined) throw refusal(text, failure);
  if (second !== undefined) throw new YamlError("the text has more than one document", lineAt(text, second.range[0]));
  if (document === undefined) return null;
  return new Reader(text, options).read(document.contents);
}

/** Times are texts to Go; the package compares all keys of the others, which Go reads as the plain collections they are. */
const UNWANTED_TAGS = /:(timestamp|omap|pairs|set)$/;

const COMPOSE = {
  version: "1.1",
  uniqueKeys: false,
  prettyErrors: false,
  customTags: (tags: readonly unknown[]) => tags.filter((tag) => !isUnwanted(tag)),
} as ConstructorParameters<typeof Composer>[0];

function isUnwanted(tag: unknown): boolean {
  if (typeof tag !== "object" || tag === null) return false;
  const { format, tag: name } = tag as { format?: string; tag: string };
  return format === "TIME" || UNWANTED_TAGS.test(name);
}

/** Counts while the text is taken apart, before anything recursive sees it. */
function readTokens(text: string): CST.Token[] {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let count = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (++count > MAX_TOKENS) throw new YamlError(`the text has more than ${MAX_TOKENS} tokens`, 1);
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (parser.stack.length > MAX_DEPTH) throw new YamlError(TOO_DEEP, 1);
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

function refusal(text: string, { message, pos, code }: YAMLParseError): YamlError {
  return new YamlError(message, lineAt(text, pos[0]), code);
}

function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) line++;
  return line;
}

class Reader {
  readonly #text: string;
  readonly #onDuplicate: ((key: string, line: number) => void) | undefined;
  readonly #anchors = new Map<string, ParsedNode>();
  /** Anchored nodes that are being read: an alias to one of them has no end. */
  readonly #open = new Set<ParsedNode>();
  /** What an alias means does not change when what it stands in is read again. */
  readonly #targets = new Map<Alias.Parsed, ParsedNode>();
  #duplicates = 0;
  #aliased = 0;
  #aliasDepth = 0;
  #depth = 0;

  constructor(text: string, { onDuplicate }: YamlOptions) {
    this.#text = text;
    this.#onDuplicate = onDuplicate;
  }

  read(node: ParsedNode | null): unknown {
    if (node === null) return null;
    if (isAlias(node)) return this.#alias(node);
    if (this.#aliasDepth > 0 && ++this.#aliased > MAX_ALIASED_VALUES)
      this.#refuse("document contains excessive aliasing", node);
    // An alias names the last node before it that has the anchor.
    if (node.anchor !== undefined && this.#aliasDepth === 0) this.#anchors.set(node.anchor, node);
    if (isScalar(node)) return this.#scalar(node);
    if (++this.#depth > MAX_DEPTH) this.#refuse(TOO_DEEP, node);
    this.#open.add(node);
    const value = isMap(node) ? this.#map(node) : this.#sequence(node);
    this.#open.delete(node);
    this.#depth--;
    return value;
  }

  #alias(node: Alias.Parsed): unknown {
    const target = this.#target(node);
    this.#aliasDepth++;
    const value = this.read(target);
    this.#aliasDepth--;
    return value;
  }

  #target(node: Alias.Parsed): ParsedNode {
    const target = this.#targets.get(node) ?? this.#anchors.get(node.source);
    if (target === undefined) return this.#refuse(`unknown anchor '${node.source}' referenced`, node);
    if (this.#open.has(target)) this.#refuse(`anchor '${node.source}' value contains itself`, node);
    this.#targets.set(node, target);
    return target;
  }

  #scalar(node: Scalar.Parsed): unknown {
    const { value } = node;
    if (typeof value === "symbol") return MERGE_KEY;
    if (typeof value === "number" && !Number.isFinite(value)) this.#refuse(`unsupported value: ${value}`, node);
    if (typeof value === "object" && value !== null) this.#refuse(`unsupported tag ${node.tag ?? ""}`, node);
    return value;
  }

  #sequence(node: ParsedNode): unknown[] {
    if (!isSeq(node) || node.items.some((item) => "key" in (item as object)))
      return this.#refuse("unsupported collection", node);
    return (node.items as ParsedNode[]).map((item) => this.read(item));
  }

  #map(node: YAMLMap.Parsed): Record<string, unknown> {
    const entries = new Map<string, unknown>();
    const merged: ParsedNode[] = [];
    for (const { key, value } of node.items) {
      if (isMergeKey(key)) {
        if (value !== null) merged.push(value);
        continue;
      }
      const name = this.#key(key, node);
      if (entries.has(name)) this.#duplicate(name, key ?? node);
      entries.set(name, this.read(value));
    }
    // What the map says itself wins over what is merged into it.
    for (const source of merged) {
      for (const [name, value] of this.#mergedEntries(source)) {
        if (!entries.has(name)) entries.set(name, value);
      }
    }
    return Object.fromEntries(entries);
  }

  #mergedEntries(source: ParsedNode): [string, unknown][] {
    const value = this.read(source);
    const maps: unknown[] = Array.isArray(value) ? value : [value];
    return maps.flatMap((map) => {
      if (typeof map !== "object" || map === null || Array.isArray(map))
        this.#refuse("map merge requires map or sequence of maps as the value", source);
      return Object.entries(map as object);
    });
  }

  #key(key: ParsedNode | null, map: ParsedNode): string {
    const node = key !== null && isAlias(key) ? this.#target(key) : key;
    if (node === null || !isScalar(node) || node.value === null)
      return this.#refuse("invalid map key: must be a text, a number or a boolean", node ?? map);
    if (key === node && node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    return String(this.#scalar(node));
  }

  #duplicate(name: string, node: ParsedNode): void {
    if (++this.#duplicates > MAX_DUPLICATES) return;
    const line = lineAt(this.#text, node.range[0]);
    if (this.#onDuplicate === undefined)
      throw new YamlError(`key ${JSON.stringify(name)} already set in map`, line, "DUPLICATE_KEY");
    this.#onDuplicate(name, line);
  }

  #refuse(message: string, { range }: ParsedNode): never {
    throw new YamlError(message, lineAt(this.#text, range[0]));
  }
}

function isMergeKey(key: ParsedNode | null): boolean {
  return isScalar(key) && key.type === "PLAIN" && (typeof key.value === "symbol" || key.value === MERGE_KEY);
}
