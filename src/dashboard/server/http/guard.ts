/**
 * Who may ask. On loopback every program and every page of this machine's browsers can reach the port: pages are told by
 * Host (DNS rebinding) and Origin, programs of other users by the cookie that the one-time token is given for.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

export interface GuardOptions {
  /** Names by which the server may be asked, as in the header Host: `127.0.0.1:8080`. */
  readonly hosts: readonly string[];
  /** False: somebody in front of it says who may ask. */
  readonly usesToken: boolean;
}

export interface Asking {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
}

export const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"] as const;

/** Cookies know no ports, and two dashboards may run beside each other. */
const COOKIE = "liqo-dashboard";

export class Guard {
  readonly #hosts: ReadonlySet<string>;
  readonly #usesToken: boolean;
  readonly #cookieName: string;
  readonly #session = randomBytes(32).toString("base64url");
  #token: string | undefined = randomBytes(32).toString("base64url");

  constructor({ hosts, usesToken }: GuardOptions, port: number) {
    this.#hosts = new Set(hosts.map((host) => host.toLowerCase()));
    this.#usesToken = usesToken;
    this.#cookieName = `${COOKIE}-${port}`;
  }

  /** For the address that is printed; undefined when it was given away, or there is none. */
  get token(): string | undefined {
    return this.#usesToken ? this.#token : undefined;
  }

  isKnownHost({ headers }: Asking): boolean {
    return headers.host !== undefined && this.#hosts.has(headers.host.toLowerCase());
  }

  /** Whether the page that asks is this server's own, or nobody's: an address that was typed. */
  isOwnPage({ method, headers }: Asking): boolean {
    const { origin, host = "", "sec-fetch-site": site } = headers;
    if (origin !== undefined && ![`http://${host}`, `https://${host}`].includes(origin.toLowerCase())) return false;
    if (site === undefined || site === "same-origin") return true;
    return site === "none" && method === "GET";
  }

  isLetIn({ headers }: Asking): boolean {
    if (!this.#usesToken) return true;
    const given = cookiesOf(headers.cookie).filter(([name]) => name === this.#cookieName);
    return given.some(([, value]) => isSame(value, this.#session));
  }

  /** The value of Set-Cookie for the token, which is worth nothing from then on; undefined: it is not the token. */
  exchange(token: string): string | undefined {
    if (this.#token === undefined || !isSame(token, this.#token)) return undefined;
    this.#token = undefined;
    return `${this.#cookieName}=${this.#session}; Path=/; HttpOnly; SameSite=Strict`;
  }
}

const MOST_COOKIES = 100;

function cookiesOf(header = ""): (readonly [string, string])[] {
  return header.split(";", MOST_COOKIES).map((cookie) => {
    const at = cookie.indexOf("=");
    return [cookie.slice(0, Math.max(at, 0)).trim(), cookie.slice(at + 1).trim()] as const;
  });
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
