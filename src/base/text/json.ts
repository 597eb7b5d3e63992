/**
 * JSON from strangers: as JSON.parse, but not deeper than the code that walks over it can follow.
 * Go: encoding/json/scanner.go (maxNestingDepth, whose 10,000 a stack of V8 does not hold)
 */

/** The deepest manifest that people write (a CRD with its schema) is some 40 levels deep. */
export const MAX_DEPTH = 1_000;

export const TOO_DEEP = "exceeded max depth";

/** Throws a SyntaxError for what is no JSON or nested deeper than MAX_DEPTH. */
export function parseJson(text: string): unknown {
  if (isTooDeep(text)) throw new SyntaxError(TOO_DEEP);
  return JSON.parse(text);
}

/** Looks at brackets outside of strings alone, so that it costs less than the parsing. */
function isTooDeep(text: string): boolean {
  // Most texts are shorter than their depth could be.
  if (text.length <= MAX_DEPTH) return false;
  const brackets = /["[\]{}]/g;
  let depth = 0;
  for (let match = brackets.exec(text); match !== null; match = brackets.exec(text)) {
    const [character] = match;
    if (character === '"') {
      const end = endOfString(text, match.index + 1);
      if (end === -1) return false;
      brackets.lastIndex = end + 1;
    } else if (character === "[" || character === "{") {
      if (++depth > MAX_DEPTH) return true;
    } else depth--;
  }
  return false;
}

/** Where the quotation mark is that closes the string, -1 when none does. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (end - backslashes > start && text.charCodeAt(end - backslashes - 1) === 0x5c) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return -1;
}
