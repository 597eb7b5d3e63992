/**
 * The label selector of a query, read as the genuine server reads it and refused in its words. Tools read selectors
 * with machinery's parser, which is lenient.
 * Kubernetes: apimachinery/pkg/labels/selector.go (Lexer, Parser)
 */
import { labelValue, qualifiedName } from "#machinery/names.ts";
import type { LabelOperator, LabelRequirement } from "#machinery/selector.ts";

/** Longest first. Anything else up to a blank or one of these is a word. */
const TOKEN = /\s*(==|!=|[=!(),<>]|[^\s=!(),<>]+)/gy;
const SYMBOL = /^[=!(),<>]/;
const END = "";
const OPERATORS: Readonly<Record<string, LabelOperator>> = {
  in: "In",
  notin: "NotIn",
  "=": "In",
  "==": "In",
  "!=": "NotIn",
  ">": "Gt",
  "<": "Lt",
};
const EXPECTED_OPERATORS = "in, notin, =, ==, !=, gt, lt";

/** Throws an Error that says what was found and what was expected. */
export function parseQuerySelector(text: string): LabelRequirement[] {
  const tokens = new Tokens(text);
  const requirements: LabelRequirement[] = [];
  while (tokens.peek() !== END) {
    if (!startsRequirement(tokens.peek())) throw tokens.unexpected(": !, identifier, or 'end of string'");
    requirements.push(parseRequirement(tokens));
    if (tokens.peek() === END) break;
    if (tokens.peek() !== ",") throw tokens.unexpected(": ',' or 'end of string'");
    tokens.take();
    if (!startsRequirement(tokens.peek())) throw tokens.unexpected(": identifier after ','");
  }
  return requirements;
}

class Tokens {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = [...text.matchAll(TOKEN)].map(([, token = ""]) => token);
  }

  peek(): string {
    return this.#tokens[this.#at] ?? END;
  }

  take(): string {
    const token = this.peek();
    this.#at++;
    return token;
  }

  unexpected(expected: string, found = this.peek()): Error {
    return new Error(`found '${found}', expected${expected}`);
  }
}

function isWord(token: string): boolean {
  return token !== END && !SYMBOL.test(token);
}

function startsRequirement(token: string): boolean {
  return token === "!" || isWord(token);
}

function parseRequirement(tokens: Tokens): LabelRequirement {
  try {
    return readRequirement(tokens);
  } catch (cause) {
    throw new Error(`unable to parse requirement: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

function readRequirement(tokens: Tokens): LabelRequirement {
  const isNegated = tokens.peek() === "!";
  if (isNegated) tokens.take();
  if (!isWord(tokens.peek())) throw tokens.unexpected(": identifier");
  const key = tokens.take();
  refuse("<nil>", key, qualifiedName(key));
  if (isNegated) return { key, operator: "DoesNotExist", values: [] };
  if (tokens.peek() === END || tokens.peek() === ",") return { key, operator: "Exists", values: [] };
  const operator = OPERATORS[tokens.peek()];
  if (operator === undefined) throw tokens.unexpected(`: ${EXPECTED_OPERATORS}`);
  const isSet = ["in", "notin"].includes(tokens.take());
  const values = isSet ? parseSet(tokens) : [parseValue(tokens)];
  refuseValues(key, operator, values);
  return { key, operator, values };
}

function parseValue(tokens: Tokens): string {
  if (tokens.peek() === END || tokens.peek() === ",") return "";
  if (!isWord(tokens.peek())) throw tokens.unexpected(": identifier");
  return tokens.take();
}

/** `(a, b)`; empty places are the empty value. */
function parseSet(tokens: Tokens): string[] {
  if (tokens.peek() !== "(") throw new Error(`found '${tokens.peek()}' expected: '('`);
  tokens.take();
  if (tokens.peek() !== ")" && tokens.peek() !== "," && !isWord(tokens.peek()))
    throw tokens.unexpected(": ',', ')' or identifier");
  const values = new Set<string>();
  for (let isAfterWord = false; tokens.peek() !== ")"; ) {
    const token = tokens.take();
    if (isWord(token) && !isAfterWord) values.add(token);
    else if (token !== ",") throw tokens.unexpected(isAfterWord ? ": ',' or ')'" : ": ',', or identifier", token);
    else if (!isAfterWord || tokens.peek() === ")") values.add("");
    isAfterWord = isWord(token);
  }
  tokens.take();
  return values.size === 0 ? [""] : [...values].sort();
}

function refuseValues(key: string, operator: LabelOperator, values: readonly string[]): void {
  for (const [i, value] of values.entries()) {
    if ((operator === "Gt" || operator === "Lt") && !/^[+-]?\d+$/.test(value))
      refuse(`values[${i}]`, value, ["for 'Gt', 'Lt' operators, the value must be an integer"]);
    refuse(`values[${i}][${key}]`, value, labelValue(value));
  }
}

function refuse(field: string, value: string, problems: readonly string[]): void {
  if (problems.length > 0) throw new Error(`${field}: Invalid value: ${JSON.stringify(value)}: ${problems.join("; ")}`);
}
