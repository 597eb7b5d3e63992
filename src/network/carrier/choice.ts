/** By which carrier a client's datagrams go, from what it hears and for how long it does not. Pure. Not in upstream. */

export type Carrier = "UDP" | "TCP";

/** What the client does about it. */
export type Step =
  /** The session begins anew, by the same carrier. */
  | "again"
  /** The session begins anew, by the other. */
  | "TCP"
  | "UDP"
  /** The session goes on by TCP: UDP, back for a moment, was shut again. */
  | "resume"
  /** UDP has carried it long enough: the connection over TCP is let go. */
  | "settle"
  /** Time to ask whether UDP is open. */
  | "ask";

/** Of silence: as many as there are addresses, this many at least; two tries are half a second apart. */
const LEAST_TRIES = 2;
/** A server that is replaced takes some; then UDP has its turn again. */
const TCP_TRIES = 4;
/** For so long the way back is kept. */
const TRIAL_MS = 5_000;
const ASK_MS = 10_000;
/** UDP that opens for a moment only is asked more and more seldom. */
const SELDOM_MS = 300_000;
/** UDP that has lasted that long counts as open. */
const STEADY_MS = 60_000;

export class Choice {
  #carrier: Carrier = "UDP";
  #tries = 0;
  #pauseMs = ASK_MS;
  #askAtMs = 0;
  /** Since when UDP is tried after TCP. */
  #triedSinceMs: number | undefined;
  #openSinceMs: number | undefined;

  get carrier(): Carrier {
    return this.#carrier;
  }

  /** Whether UDP carries, and TCP is kept. */
  get isTrial(): boolean {
    return this.#triedSinceMs !== undefined;
  }

  /** Nothing is heard, and a new session is due. `isConnected`: some address takes TCP. */
  silent(nowMs: number, { udpAddresses, isConnected }: { udpAddresses: number; isConnected: boolean }): Step {
    if (this.isTrial && isConnected) {
      this.#toTcp(nowMs, Math.min(2 * this.#pauseMs, SELDOM_MS));
      return "resume";
    }
    this.#triedSinceMs = undefined;
    const isOver = this.#tries >= (this.#carrier === "TCP" ? TCP_TRIES : Math.max(LEAST_TRIES, udpAddresses));
    if (this.#carrier === "UDP" && isOver && isConnected) {
      const wasSteady = this.#openSinceMs === undefined || nowMs - this.#openSinceMs >= STEADY_MS;
      this.#toTcp(nowMs, wasSteady ? ASK_MS : Math.min(2 * this.#pauseMs, SELDOM_MS));
      return "TCP";
    }
    this.#tries++;
    if (this.#carrier === "UDP" || !isOver) return "again";
    this.#carrier = "UDP";
    this.#tries = 1;
    return "UDP";
  }

  /** The peer was heard. */
  answered(nowMs: number): Step | undefined {
    this.#tries = 0;
    if (this.#triedSinceMs !== undefined && nowMs - this.#triedSinceMs >= TRIAL_MS) {
      this.#triedSinceMs = undefined;
      return "settle";
    }
    if (this.#carrier === "UDP" || nowMs < this.#askAtMs) return undefined;
    this.#askAtMs = nowMs + this.#pauseMs;
    return "ask";
  }

  /** A question was answered over UDP: from now on that carries. */
  open(nowMs: number): void {
    this.#carrier = "UDP";
    this.#tries = 0;
    this.#triedSinceMs = nowMs;
    this.#openSinceMs = nowMs;
  }

  #toTcp(nowMs: number, pauseMs: number): void {
    this.#carrier = "TCP";
    this.#tries = 0;
    this.#triedSinceMs = undefined;
    this.#pauseMs = pauseMs;
    this.#askAtMs = nowMs + pauseMs;
  }
}
