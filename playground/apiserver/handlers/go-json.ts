/** Why a text is no JSON, in the words of Go's decoder. Go: encoding/json/scanner.go */
import { MAX_DEPTH, TOO_DEEP } from "#base/text/json.ts";

const LITERALS: Readonly<Record<string, string>> = { t: "true", f: "false", n: "null" };
const MAX_CONTROL = 0x1f;

/** `invalid character 'x' looking for beginning of value`; undefined when the text is JSON. */
export function findJsonSyntaxError(text: string | Buffer): string | undefined {
  try {
    const scanner = new Scanner((typeof text === "string" ? Buffer.from(text) : text).toString("latin1"));
    scanner.value();
    scanner.end();
    return undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return error.message;
    throw error;
  }
}

/** Goes byte by byte, as Go does: one character of `text` is one byte. */
class Scanner {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(): void {
    const character = this.#next();
    if (character === "{" || character === "[") this.#collection(character);
    else if (character === '"') this.#string();
    else if (/[-0-9]/.test(character)) this.#number();
    else if (LITERALS[character] !== undefined) this.#literal(LITERALS[character]);
    else this.#fail("looking for beginning of value");
  }

  end(): void {
    this.#skipBlanks();
    if (this.#at < this.#text.length) this.#fail("after top-level value");
  }

  #collection(bracket: string): void {
    if (++this.#depth > MAX_DEPTH) throw new SyntaxError(TOO_DEEP);
    if (bracket === "{") this.#object();
    else this.#array();
    this.#depth--;
  }

  #object(): void {
    this.#at++;
    if (this.#next() === "}") return void this.#at++;
    for (;;) {
      if (this.#next() !== '"') this.#fail("looking for beginning of object key string");
      this.#string();
      if (this.#next() !== ":") this.#fail("after object key");
      this.#at++;
      this.value();
      if (this.#closes("}", "after object key:value pair")) return;
    }
  }

  #array(): void {
    this.#at++;
    if (this.#next() === "]") return void this.#at++;
    do this.value();
    while (!this.#closes("]", "after array element"));
  }

  /** After an element: whether it was the last. */
  #closes(bracket: string, where: string): boolean {
    const character = this.#next();
    if (character !== bracket && character !== ",") this.#fail(where);
    this.#at++;
    return character === bracket;
  }

  #string(): void {
    for (this.#at++; this.#peek() !== '"'; this.#at++) {
      if (this.#peek() === "\\") this.#escape();
      else if (this.#peek().charCodeAt(0) <= MAX_CONTROL) this.#fail("in string literal");
    }
    this.#at++;
  }

  #escape(): void {
    this.#at++;
    if (!/["\\/bfnrtu]/.test(this.#peek())) this.#fail("in string escape code");
    if (this.#peek() !== "u") return;
    for (let i = 0; i < 4; i++) {
      this.#at++;
      if (!/[0-9a-fA-F]/.test(this.#peek())) this.#fail("in \\u hexadecimal character escape");
    }
  }

  #number(): void {
    if (this.#peek() === "-") this.#at++;
    if (!/[0-9]/.test(this.#peek())) this.#fail("in numeric literal");
    if (this.#peek() === "0") this.#at++;
    else this.#digits();
    if (this.#text[this.#at] === ".") {
      this.#at++;
      if (!/[0-9]/.test(this.#peek())) this.#fail("after decimal point in numeric literal");
      this.#digits();
    }
    if (!/[eE]/.test(this.#text[this.#at] ?? "")) return;
    this.#at++;
    if (/[-+]/.test(this.#peek())) this.#at++;
    if (!/[0-9]/.test(this.#peek())) this.#fail("in exponent of numeric literal");
    this.#digits();
  }

  #digits(): void {
    while (/[0-9]/.test(this.#text[this.#at] ?? "")) this.#at++;
  }

  #literal(word: string): void {
    for (const character of word) {
      if (this.#peek() !== character) this.#fail(`in literal ${word} (expecting '${character}')`);
      this.#at++;
    }
  }

  #skipBlanks(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? "")) this.#at++;
  }

  #next(): string {
    this.#skipBlanks();
    return this.#peek();
  }

  #peek(): string {
    const character = this.#text[this.#at];
    if (character === undefined) throw new SyntaxError("unexpected end of JSON input");
    return character;
  }

  #fail(where: string): never {
    throw new SyntaxError(`invalid character ${quoted(this.#peek())} ${where}`);
  }
}

function quoted(character: string): string {
  if (character === "'") return "'\\''";
  if (character === '"') return "'\"'";
  return `'${goEscaped(character)}'`;
}

/** The inside of a Go string literal. Go: strconv.Quote */
export function goEscaped(text: string): string {
  const named: Readonly<Record<string, string>> = { "\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\", '"': '\\"' };
  return [...text]
    .map((character) => {
      const code = character.codePointAt(0) ?? 0;
      if (named[character] !== undefined) return named[character];
      if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, "0")}`;
      return code > 0x7f && /\p{C}/u.test(character) ? `\\u${code.toString(16).padStart(4, "0")}` : character;
    })
    .join("");
}
