/**
 * Renders gateway templates: the part of Go's text/template that upstream's templates use, string by string.
 * Upstream: pkg/utils/template. Results that look like numbers become numbers, except below labels and annotations; a
 * key that starts with `?` disappears when its value renders empty.
 */
type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** What the templates of a gateway may refer to. Field names are looked up without regard to case. */
export interface TemplateData {
  readonly [name: string]: unknown;
}

interface Scope {
  /** What a field is of: the data, or within `range` the item. */
  readonly dot: unknown;
  /** What `$` stands for. */
  readonly root: TemplateData;
}

export class TemplateError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TemplateError";
  }
}

export function renderTemplate(value: unknown, data: TemplateData, isText = false): Json {
  if (typeof value === "string") {
    const text = renderText(value, data);
    return !isText && text !== value && /^-?\d+$/.test(text) ? Number(text) : text;
  }
  if (Array.isArray(value)) return value.map((item) => renderTemplate(item, data, isText));
  if (typeof value !== "object" || value === null) return value as Json;
  const result: { [key: string]: Json } = {};
  for (const [key, item] of Object.entries(value)) {
    const below = isText || key === "labels" || key === "annotations" || key === "matchLabels" || key === "selector";
    const rendered = renderTemplate(item, data, below);
    const isOptional = key.startsWith("?");
    if (isOptional && isEmpty(rendered)) continue;
    result[isOptional ? key.slice(1) : key] = rendered;
  }
  return result;
}

function isEmpty(value: Json): boolean {
  if (value === "" || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === "object" && Object.values(value).every(isEmpty);
}

/** Upstream's nest once. */
const MAX_DEPTH = 50;

type Token = { readonly text: string } | { readonly action: string };

function renderText(source: string, data: TemplateData): string {
  if (!source.includes("{{")) return source;
  const tokens: Token[] = [];
  let at = 0;
  for (let open = source.indexOf("{{"); open !== -1; open = source.indexOf("{{", at)) {
    const close = source.indexOf("}}", open);
    if (close === -1) throw new TemplateError(`template "${source}": {{ is not closed`);
    const action = source
      .slice(open + 2, close)
      .replace(/^-/, "")
      .replace(/-$/, "")
      .trim();
    tokens.push({ text: source.slice(at, open) }, { action });
    at = close + 2;
  }
  tokens.push({ text: source.slice(at) });
  const { text, next } = renderBlock({ tokens, start: 0, depth: 0 }, { dot: data, root: data });
  if (next < tokens.length) throw new TemplateError(`template "${source}": unexpected {{ end }} or {{ else }}`);
  return text;
}

interface Block {
  readonly tokens: readonly Token[];
  readonly start: number;
  readonly depth: number;
}

interface Rendered {
  readonly text: string;
  /** Of the token after it. */
  readonly next: number;
}

/** Renders until the end or until an `else` or `end` that belongs to the caller. */
function renderBlock({ tokens, start, depth }: Block, scope: Scope): Rendered {
  if (depth > MAX_DEPTH) throw new TemplateError(`template: {{ if }} nests deeper than ${MAX_DEPTH}`);
  let text = "";
  let i = start;
  for (let token = tokens[i]; token !== undefined; token = tokens[i]) {
    if ("text" in token) text += token.text;
    else if (token.action === "else" || token.action === "end") return { text, next: i };
    else if (/^(if|range) /.test(token.action)) {
      const inner = renderChoice(token.action, { tokens, start: i + 1, depth: depth + 1 }, scope);
      text += inner.text;
      i = inner.next;
    } else text += show(evaluate(token.action, scope));
    i++;
  }
  return { text, next: i };
}

/** An `if` or `range` up to its `end`. */
function renderChoice(action: string, block: Block, scope: Scope): Rendered {
  const [word = "", ...rest] = action.split(" ");
  const value = evaluate(rest.join(" "), scope);
  const items = word === "if" ? (isTruthy(value) ? [scope.dot] : []) : Array.isArray(value) ? value : [];
  const yes = items.map((dot) => renderBlock(block, { ...scope, dot }));
  // Also where nothing is rendered its end must be found.
  const { next } = yes[0] ?? renderBlock(block, scope);
  const isElse = actionAt(block.tokens, next) === "else";
  const no = isElse ? renderBlock({ ...block, start: next + 1 }, scope) : { text: "", next };
  if (actionAt(block.tokens, no.next) !== "end") throw new TemplateError(`template: {{ ${action} }} has no {{ end }}`);
  return { text: items.length > 0 ? yes.map(({ text }) => text).join("") : no.text, next: no.next };
}

function actionAt(tokens: readonly Token[], i: number): string | undefined {
  const token = tokens[i];
  return token !== undefined && "action" in token ? token.action : undefined;
}

function evaluate(expression: string, scope: Scope, depth = 0): unknown {
  if (depth > MAX_DEPTH) throw new TemplateError(`template: parentheses nest deeper than ${MAX_DEPTH}`);
  const words = splitWords(expression);
  const [head = "", ...rest] = words;
  if (rest.length === 0) return operand(head, scope, depth);
  const args = rest.map((word) => operand(word, scope, depth));
  const [a, b] = args;
  switch (head) {
    case "index":
      return args.slice(1).reduce((value, key) => ownValue(value, String(key)), a);
    case "len":
      return Array.isArray(a) || typeof a === "string" ? a.length : 0;
    case "gt":
      return Number(a) > Number(b);
    case "lt":
      return Number(a) < Number(b);
    case "eq":
      return a === b;
    case "ne":
      return a !== b;
    case "not":
      return !isTruthy(a);
    case "and":
      return args.find((arg) => !isTruthy(arg)) ?? args.at(-1);
    case "or":
      return args.find(isTruthy) ?? args.at(-1);
    default:
      throw new TemplateError(
        `template: function "${head}" is not supported (index, len, gt, lt, eq, ne, not, and, or are)`,
      );
  }
}

function operand(word: string, scope: Scope, depth: number): unknown {
  if (word.startsWith("(") && word.endsWith(")")) return evaluate(word.slice(1, -1), scope, depth + 1);
  if (/^-?\d+$/.test(word)) return Number(word);
  if (/^".*"$/.test(word)) return word.slice(1, -1);
  if (word === "true" || word === "false") return word === "true";
  const isOfRoot = word.startsWith("$.");
  if (!isOfRoot && !word.startsWith("."))
    throw new TemplateError(`template: "${word}" is not a field such as .Spec.MTU`);
  return word
    .replace("$", "")
    .split(".")
    .filter((part) => part !== "")
    .reduce<unknown>((value, part) => field(value, part), isOfRoot ? scope.root : scope.dot);
}

function ownValue(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  const key = Object.keys(value).find((candidate) => candidate.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : (value as Record<string, unknown>)[key];
}

/** Words of an expression; a parenthesised part is one word. */
function splitWords(expression: string): string[] {
  const words: string[] = [];
  let depth = 0;
  let word = "";
  for (const char of expression) {
    if (char === "(") depth++;
    if (char === ")") depth--;
    if (char === " " && depth === 0) {
      if (word !== "") words.push(word);
      word = "";
    } else word += char;
  }
  return word === "" ? words : [...words, word];
}

function isTruthy(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== null && value !== "" && value !== 0 && value !== false;
}

function show(value: unknown): string {
  return value === undefined || value === null ? "" : String(value);
}
