/**
 * Asks the holder of a Lease whether it lives, so that the one that waits need not wait until the Lease has lasted. Where it
 * cannot be asked, by a network policy perhaps, the Lease alone counts. Not in client-go.
 */
import { Agent, get } from "node:http";
import type { Lease } from "kubernetes-types/coordination/v1";
import { parseIpv4 } from "#base/cidr.ts";
import type { Clock } from "#base/clock.ts";
import { type Context, sleep } from "#base/context.ts";

const INTERVAL_MS = 250;
const ANSWER_MS = 500;
/** One answer may be lost. */
const MOST_FAILURES = 2;
/** Who was kept from looking at an answer for so long does not know whether one came. */
const LATE_MS = 150;

/** Whether it answers within that time; rejects never. */
export type Probe = (host: string, port: number, timeoutMs: number) => Promise<boolean>;

export interface HolderWatchOptions {
  readonly clock: Clock;
  /** Of this candidate, which does not ask itself. */
  readonly identity: string;
  /** On the Lease: `ip:port` at which its holder tells that it lives. */
  readonly annotation: string;
  readonly probe: Probe;
  /** Called each time that a holder which did answer is found not to. */
  gone(): void;
}

interface Target {
  readonly term: string;
  /** Of the Lease, as far as is known here. */
  resourceVersion: string | undefined;
  readonly host: string;
  readonly port: number;
  hasAnswered: boolean;
  failures: number;
}

export class HolderWatch {
  readonly #options: HolderWatchOptions;
  #target: Target | undefined;

  constructor(options: HolderWatchOptions) {
    this.#options = options;
  }

  /** Told of the Lease whenever it changes. */
  follow(lease: Lease | undefined): void {
    const term = termOf(lease);
    const resourceVersion = lease?.metadata?.resourceVersion;
    if (term !== undefined && term === this.#target?.term) {
      // Who renews it lives.
      if (this.#target.resourceVersion !== resourceVersion) this.#target.failures = 0;
      this.#target.resourceVersion = resourceVersion;
      return;
    }
    const address = lease?.metadata?.annotations?.[this.#options.annotation];
    const [host = "", port = ""] = address?.split(":") ?? [];
    const isOther = term !== undefined && lease?.spec?.holderIdentity !== this.#options.identity;
    const isAskable = isOther && parseIpv4(host) !== undefined && /^\d{1,5}$/.test(port) && Number(port) < 65_536;
    this.#target = isAskable
      ? { term, resourceVersion, host, port: Number(port), hasAnswered: false, failures: 0 }
      : undefined;
  }

  /**
   * Whether the holder did answer, and does no longer. Not where the Lease is newer than the one that is known: whoever was
   * cut off itself has asked in vain, and its holder renewed it meanwhile.
   */
  isGone(lease: Lease): boolean {
    const target = this.#target;
    if (target === undefined || target.term !== termOf(lease)) return false;
    return target.resourceVersion === lease.metadata?.resourceVersion && isSilent(target);
  }

  async run(ctx: Context): Promise<void> {
    const { clock } = this.#options;
    while (!ctx.signal.aborted) {
      if (this.#target !== undefined) await this.#ask(ctx, this.#target);
      await sleep(ctx, INTERVAL_MS, clock);
    }
  }

  async #ask(ctx: Context, target: Target): Promise<void> {
    const { clock, probe, gone } = this.#options;
    const askedMs = clock.nowMs();
    const isAnswered = await probe(target.host, target.port, ANSWER_MS);
    if (ctx.signal.aborted || target !== this.#target) return;
    if (isAnswered) {
      target.hasAnswered = true;
      target.failures = 0;
    } else if (clock.nowMs() - askedMs < ANSWER_MS + LATE_MS) target.failures++;
    if (!isSilent(target)) return;
    ctx.log.info("the holder of the lease no longer answers", { address: `${target.host}:${target.port}` });
    gone();
  }
}

function isSilent({ hasAnswered, failures }: Target): boolean {
  return hasAnswered && failures >= MOST_FAILURES;
}

/** What tells the times that a Lease was taken from each other. */
function termOf(lease: Lease | undefined): string | undefined {
  const { holderIdentity = "", acquireTime = "" } = lease?.spec ?? {};
  return holderIdentity === "" ? undefined : `${holderIdentity} ${acquireTime}`;
}

/** Asks over one connection, for as long as the other end keeps it. */
export function httpProbe(): Probe & Disposable {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const probe: Probe = (host, port, timeoutMs) =>
    new Promise((resolve) => {
      const asked = get({ host, port, path: "/healthz", agent, signal: AbortSignal.timeout(timeoutMs) }, (answer) => {
        answer.resume().on("error", () => resolve(false));
        answer.on("end", () => resolve(answer.statusCode === 200));
      });
      asked.on("error", () => resolve(false));
    });
  return Object.assign(probe, { [Symbol.dispose]: () => agent.destroy() });
}
