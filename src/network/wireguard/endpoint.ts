/**
 * Where the server is: names resolved again from time to time, and of several addresses the one in use. Upstream:
 * pkg/gateway/tunnel/wireguard/dns.go, which knows one address.
 */
import { lookup } from "node:dns/promises";
import { parseIpv4 } from "#base/cidr.ts";
import type { Clock } from "#base/clock.ts";

export interface Endpoint {
  /** IPv4 addresses and names, at least one. */
  readonly addresses: readonly string[];
  readonly port: number;
}

/** The IPv4 addresses of a name. */
export type Lookup = (name: string) => Promise<readonly string[]>;

// Upstream: every 5 s while the load balancer's name may still be propagating, later at the flag's interval.
const EARLY_MS = 10 * 60_000;
const EARLY_INTERVAL_MS = 5_000;

interface Answer {
  readonly addresses: readonly string[];
  readonly askedAt: number;
}

async function lookupAll(name: string): Promise<readonly string[]> {
  return (await lookup(name, { family: 4, all: true })).map(({ address }) => address);
}

export class EndpointResolver {
  readonly #endpoint: Endpoint;
  readonly #intervalMs: number;
  readonly #lookup: Lookup;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #answers = new Map<string, Answer>();
  #candidates: readonly string[] = [];
  #current: string | undefined;

  constructor(
    endpoint: Endpoint,
    options: { readonly intervalMs: number; readonly lookup?: Lookup; readonly clock: Clock },
  ) {
    this.#endpoint = endpoint;
    this.#intervalMs = options.intervalMs;
    this.#lookup = options.lookup ?? lookupAll;
    this.#clock = options.clock;
    this.#startedAt = this.#clock.nowMs();
  }

  /** `ip:port` of the one in use; undefined before the first is resolved. */
  get current(): string | undefined {
    return this.#current;
  }

  /** `ip:port` of all, as resolved last. */
  get candidates(): readonly string[] {
    return this.#candidates;
  }

  /** From now on that one of them. */
  use(candidate: string): void {
    if (this.#candidates.includes(candidate)) this.#current = candidate;
  }

  /** `ip:port`; a name that cannot be resolved keeps its last addresses. Throws when there never was any. */
  async resolve(): Promise<string> {
    const { addresses, port } = this.#endpoint;
    const errors: unknown[] = [];
    const answers = addresses.map((address) => this.#addressesOf(address).catch((error) => void errors.push(error)));
    this.#candidates = (await Promise.all(answers)).flatMap((all) => all ?? []).map((ip) => `${ip}:${port}`);
    const [first] = this.#candidates;
    if (first === undefined) throw errors[0];
    if (this.#current === undefined || !this.#candidates.includes(this.#current)) this.#current = first;
    return this.#current;
  }

  /** The one in use does not answer: the next is used, after the last the first again. */
  advance(): void {
    if (this.#current === undefined) return;
    const index = this.#candidates.indexOf(this.#current) + 1;
    this.#current = this.#candidates[index % this.#candidates.length];
  }

  async #addressesOf(address: string): Promise<readonly string[]> {
    if (parseIpv4(address) !== undefined) return [address];
    const known = this.#answers.get(address);
    if (known !== undefined && this.#clock.nowMs() - known.askedAt < this.intervalMs) return known.addresses;
    try {
      const addresses = await this.#lookup(address);
      this.#answers.set(address, { addresses, askedAt: this.#clock.nowMs() });
      return addresses;
    } catch (cause) {
      if (known === undefined) throw new Error(`resolve the gateway server "${address}"`, { cause });
      return known.addresses;
    }
  }

  /** How long an answer is believed at this moment. */
  get intervalMs(): number {
    const isEarly = this.#clock.nowMs() - this.#startedAt < EARLY_MS;
    return isEarly ? Math.min(EARLY_INTERVAL_MS, this.#intervalMs) : this.#intervalMs;
  }
}
