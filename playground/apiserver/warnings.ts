/** `Warning` headers of an answer, bounded as upstream's. Kubernetes: apiserver/pkg/endpoints/filters/warning.go, apimachinery/pkg/util/net/http.go */

// Kubernetes: warning.go (truncateAtTotalRunes, truncateItemRunes)
const MAX_CHARACTERS = 4 * 1024;
const TRUNCATED_CHARACTERS = 256;
const CONTROL = /\p{Cc}/u;

/** Each once; when they are too long together, the beginnings of those that fit. What has control characters is left out. */
export function warningHeaders(warnings: readonly string[]): string[] {
  const all = [...new Set(warnings)].filter((text) => text !== "" && !CONTROL.test(text));
  const isTooLong = all.reduce((sum, text) => sum + text.length, 0) > MAX_CHARACTERS;
  return (isTooLong ? truncate(all) : all).map((text) => `299 - ${quote(text)}`);
}

function truncate(all: readonly string[]): string[] {
  const kept: string[] = [];
  let written = 0;
  for (const text of all) {
    const short = text.slice(0, TRUNCATED_CHARACTERS);
    if (written + short.length > MAX_CHARACTERS) break;
    written += short.length;
    kept.push(short);
  }
  return kept;
}

/** Headers carry ASCII. */
function quote(text: string): string {
  return JSON.stringify(text).replace(/[^\x20-\x7e]/g, "?");
}
