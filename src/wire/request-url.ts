/** The target of an HTTP request as a URL. RFC 9112 §3.2: it begins with a slash, or is a whole URL or `*`. */

/** Of this server, whatever host the target names; undefined when it is no path. `//` is one. */
export function requestUrl(target: string | undefined): URL | undefined {
  const text = `https://server${target ?? "/"}`;
  return target?.startsWith("/") !== false && URL.canParse(text) ? new URL(text) : undefined;
}
