/** How a registry wants to be asked, and when again: pure. RFC 9110 §11.6.1, §10.2.3; distribution-spec's token authentication */

export type Challenge =
  | { readonly scheme: "basic" }
  | { readonly scheme: "bearer"; readonly realm: string; readonly query: Readonly<Record<string, string>> };

// Of foreign text; those of registries have some hundred characters.
const MOST_LENGTH = 4096;

/** Of a `WWW-Authenticate`; undefined for what is neither of the two. */
export function parseChallenge(whole: string): Challenge | undefined {
  const text = whole.slice(0, MOST_LENGTH);
  const scheme = /^\s*(basic|bearer)\b/i.exec(text)?.[1]?.toLowerCase();
  if (scheme === "basic") return { scheme };
  if (scheme === undefined) return undefined;
  const found = [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(
    ([, name = "", value = ""]) => [name.toLowerCase(), value.replaceAll(/\\(.)/g, "$1")] as const,
  );
  const { realm, ...parameters } = Object.fromEntries(found);
  if (realm === undefined || !URL.canParse(realm)) return undefined;
  const query = Object.entries(parameters).filter(([name]) => name === "service" || name === "scope");
  return { scheme: "bearer", realm, query: Object.fromEntries(query) };
}

/** Of a `Retry-After`, which is seconds or a date; undefined for anything else. */
export function parseRetryAfter(text: string | undefined, epochMs: number): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - epochMs;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/** `toomanyrequests: You have reached your pull rate limit.` of a registry's `errors`, as skopeo shows it. */
export function parseErrors(text: string): string | undefined {
  try {
    const { errors } = JSON.parse(text) as { errors?: { code?: unknown; message?: unknown }[] };
    const [first] = Array.isArray(errors) ? errors : [];
    if (typeof first?.code !== "string") return undefined;
    const code = first.code.toLowerCase().replaceAll("_", " ");
    return typeof first.message === "string" && first.message !== "" ? `${code}: ${first.message}` : code;
  } catch {
    return undefined;
  }
}
