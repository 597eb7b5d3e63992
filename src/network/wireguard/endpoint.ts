/** The server's address as an IP, resolved again from time to time. Upstream: pkg/gateway/tunnel/wireguard/dns.go */
import { lookup } from "node:dns/promises";
import { parseIpv4 } from "#base/cidr.ts";
import type { Clock } from "#base/clock.ts";

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export type Lookup = (name: string) => Promise<string>;

// Upstream: every 5 s while the load balancer's name may still be propagating, later at the flag's interval.
const EARLY_MS = 10 * 60_000;
const EARLY_INTERVAL_MS = 5_000;

export class EndpointResolver {
  readonly #endpoint: Endpoint;
  readonly #intervalMs: number;
  readonly #lookup: Lookup;
  readonly #clock: Clock;
  readonly #startedAt: number;
  #resolved: string | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(
    endpoint: Endpoint,
    options: { readonly intervalMs: number; readonly lookup?: Lookup; readonly clock: Clock },
  ) {
    this.#endpoint = endpoint;
    this.#intervalMs = options.intervalMs;
    this.#lookup = options.lookup ?? (async (name) => (await lookup(name, { family: 4 })).address);
    this.#clock = options.clock;
    this.#startedAt = this.#clock.nowMs();
  }

  /** `ip:port`; a name that cannot be resolved keeps its last address, and throws when it never had one. */
  async resolve(): Promise<string> {
    const { address, port } = this.#endpoint;
    if (parseIpv4(address) !== undefined) return `${address}:${port}`;
    if (this.#resolved === undefined || this.#clock.nowMs() - this.#askedAt >= this.intervalMs) {
      try {
        this.#resolved = await this.#lookup(address);
        this.#askedAt = this.#clock.nowMs();
      } catch (cause) {
        if (this.#resolved === undefined) throw new Error(`resolve the gateway server "${address}"`, { cause });
      }
    }
    return `${this.#resolved}:${port}`;
  }

  /** How long an answer is believed at this moment. */
  get intervalMs(): number {
    const isEarly = this.#clock.nowMs() - this.#startedAt < EARLY_MS;
    return isEarly ? Math.min(EARLY_INTERVAL_MS, this.#intervalMs) : this.#intervalMs;
  }
}
