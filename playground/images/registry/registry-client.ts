/** Asks a registry for what lies below one repository, with tokens or a password as it wants it. OCI: distribution-spec */
import type { Clock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import { parseChallenge, parseErrors, parseRetryAfter } from "./challenge.ts";
import { type CurlAnswer, type CurlRequest, get } from "./curl.ts";
import { RegistryError } from "./registry-error.ts";

export interface RegistryClientOptions extends Pick<CurlRequest, "enter" | "trust"> {
  /** `https://registry-1.docker.io/v2/library/redis` */
  readonly repository: string;
  /** Absent: anonymous. */
  readonly credential?: { readonly username: string; readonly password: string };
  readonly clock: Clock;
}

const MOST_REDIRECTS = 5;
const MOST_TEXT_BYTES = 4 * 1024 * 1024;
const REDIRECTS = [301, 302, 303, 307, 308];

export class RegistryClient {
  readonly #options: RegistryClientOptions;
  #authorization: string | undefined;

  constructor(options: RegistryClientOptions) {
    this.#options = options;
  }

  /** The answer whatever its status is; of too many requests it makes an error. `what` is such as `blobs/sha256:…`. */
  async get(ctx: Context, what: string, headers: Readonly<Record<string, string>> = {}): Promise<CurlAnswer> {
    const url = `${this.#options.repository}/${what}`;
    const first = await this.#follow(ctx, url, headers);
    if (first.status !== 401) return await this.#allowed(first);
    const challenge = first.headers.get("www-authenticate");
    await first[Symbol.asyncDispose]();
    this.#authorization = await this.#authorize(ctx, challenge ?? "");
    return await this.#allowed(await this.#follow(ctx, url, headers));
  }

  /** The text of what must be there. */
  async getText(ctx: Context, what: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
    await using answer = await this.get(ctx, what, headers);
    if (answer.status !== 200) throw new RegistryError("refused", `${what}: the registry answers ${answer.status}`);
    return await textOf(answer);
  }

  async #follow(ctx: Context, from: string, headers: Readonly<Record<string, string>>): Promise<CurlAnswer> {
    const { origin } = new URL(from);
    let url = from;
    for (let followed = 0; followed <= MOST_REDIRECTS; followed++) {
      // Nobody else is told: what a store of blobs lets in is in the address that it is called by.
      const isOwn = new URL(url).origin === origin;
      const own = isOwn && this.#authorization !== undefined ? { authorization: this.#authorization } : {};
      const answer = await this.#ask(ctx, url, { ...headers, ...own });
      const location = answer.headers.get("location");
      if (!REDIRECTS.includes(answer.status) || location === undefined) return answer;
      await answer[Symbol.asyncDispose]();
      if (!URL.canParse(location, url)) throw new RegistryError("refused", "the registry leads to no address");
      url = new URL(location, url).href;
    }
    throw new RegistryError(
      "refused",
      `the registry leads from one address to another more than ${MOST_REDIRECTS} times`,
    );
  }

  #ask(ctx: Context, url: string, headers: Readonly<Record<string, string>>): Promise<CurlAnswer> {
    const { enter, trust } = this.#options;
    return get(ctx, { enter, trust, url, headers });
  }

  async #allowed(answer: CurlAnswer): Promise<CurlAnswer> {
    if (answer.status !== 429) return answer;
    await using limited = answer;
    const said = await textOf(limited).then(parseErrors, () => undefined);
    const retryAfterMs = parseRetryAfter(limited.headers.get("retry-after"), this.#options.clock.epochMs());
    throw new RegistryError("rate-limited", said ?? "toomanyrequests: the registry answers 429", { retryAfterMs });
  }

  /** What to send as `Authorization`; undefined where nothing can be had. */
  async #authorize(ctx: Context, text: string): Promise<string | undefined> {
    const challenge = parseChallenge(text);
    const { credential } = this.#options;
    const basic =
      credential && `Basic ${Buffer.from(`${credential.username}:${credential.password}`).toString("base64")}`;
    if (challenge?.scheme !== "bearer") return challenge && basic;
    const url = new URL(challenge.realm);
    for (const [name, value] of Object.entries(challenge.query)) url.searchParams.set(name, value);
    if (credential !== undefined) url.searchParams.set("account", credential.username);
    await using answer = await this.#allowed(
      await this.#ask(ctx, url.href, basic === undefined ? {} : { authorization: basic }),
    );
    if (answer.status !== 200) return undefined;
    const token = tokenOf(await textOf(answer));
    return token && `Bearer ${token}`;
  }
}

function tokenOf(text: string): string | undefined {
  try {
    const { token, access_token: other } = JSON.parse(text) as { token?: unknown; access_token?: unknown };
    return [token, other].find((each) => typeof each === "string");
  } catch {
    return undefined;
  }
}

async function textOf({ body }: CurlAnswer): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > MOST_TEXT_BYTES)
      throw new RegistryError("refused", `the answer has more than ${MOST_TEXT_BYTES} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}
