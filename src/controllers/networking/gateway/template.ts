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
  const { text, next } = renderBlock(tokens, { start: 0, depth: 0 }, data);
  if (next < tokens.length) throw new TemplateError(`template "${source}": unexpected {{ end }} or {{ else }}`);
  return text;
}

/** Renders until the end or until an `else` or `end` that belongs to the caller. */
function renderBlock(
  tokens: readonly Token[],
  { start, depth }: { readonly start: number; readonly depth: number },
  data: TemplateData,
): { text: string; next: number } {
  if (depth > MAX_DEPTH) throw new TemplateError(`template: {{ if }} nests deeper than ${MAX_DEPTH}`);
  let text = "";
  let i = start;
  for (let token = tokens[i]; token !== undefined; token = tokens[i]) {
    if ("text" in token) text += token.text;
    else if (token.action === "else" || token.action === "end") return { text, next: i };
    else if (token.action.startsWith("if ")) {
      const yes = renderBlock(tokens, { start: i + 1, depth: depth + 1 }, data);
      const isElse = actionAt(tokens, yes.next) === "else";
      const no = isElse
        ? renderBlock(tokens, { start: yes.next + 1, depth: depth + 1 }, data)
        : { text: "", next: yes.next };
      if (actionAt(tokens, no.next) !== "end")
        throw new TemplateError(`template: {{ ${token.action} }} has no {{ end }}`);
      text += isTruthy(evaluate(token.action.slice(3), data)) ? yes.text : no.text;
      i = no.next;
    } else text += show(evaluate(token.action, data));
    i++;
  }
  return { text, next: i };
}

function actionAt(tokens: readonly Token[], i: number): string | undefined {
  const token = tokens[i];
  return token !== undefined && "action" in token ? token.action : undefined;
}

function evaluate(expression: string, data: TemplateData, depth = 0): unknown {
  if (depth > MAX_DEPTH) throw new TemplateError(`template: parentheses nest deeper than ${MAX_DEPTH}`);
  const words = splitWords(expression);
  const [head = "", ...rest] = words;
  if (rest.length === 0) return operand(head, data, depth);
  const args = rest.map((word) => operand(word, data, depth));
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

function operand(word: string, data: TemplateData, depth: number): unknown {
  if (word.startsWith("(") && word.endsWith(")")) return evaluate(word.slice(1, -1), data, depth + 1);
  if (/^-?\d+$/.test(word)) return Number(word);
  if (/^".*"$/.test(word)) return word.slice(1, -1);
  if (word === "true" || word === "false") return word === "true";
  if (!word.startsWith(".")) throw new TemplateError(`template: "${word}" is not a field such as .Spec.MTU`);
  return word
    .split(".")
    .filter((part) => part !== "")
    .reduce<unknown>((value, part) => field(value, part), data);
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
