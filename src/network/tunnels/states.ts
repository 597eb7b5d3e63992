/** Which of the tunnels to a peer carry anything, by what their pings find out. Not in upstream. */
import type { PeerState } from "../conncheck/checker.ts";

export interface TunnelState {
  readonly state: PeerState;
  /** For longer than a lost packet takes; nobody calls it dead yet. */
  readonly isSilent: boolean;
}

/**
 * Into which tunnels flows go: those that answer. One that is carried over TCP is slow, and has its turn where no other
 * answers. Where none does, all stays as it was: it is the peer that is away, not a tunnel.
 */
export function tunnelsInUse(
  states: ReadonlyMap<number, TunnelState>,
  before: readonly number[],
  isOverTcp: (index: number) => boolean,
): readonly number[] {
  const answering = [...states].filter(([, each]) => isAnswering(each)).map(([index]) => index);
  const quick = answering.filter((index) => !isOverTcp(index));
  const kept = before.filter((index) => states.has(index));
  const [found] = [quick, answering, kept, [0]].filter((each) => each.length > 0);
  return (found ?? [0]).toSorted((a, b) => a - b);
}

/** Of all together: the quickest that answers, or else what comes nearest to it. */
export function stateOfPeer(states: ReadonlyMap<number, TunnelState>): PeerState {
  const all = [...states.values()];
  const known = all.map(({ state }) => state);
  const isUp = (each: PeerState) => each.value === "Connected";
  const connected = all.filter(isAnswering).map(({ state }) => state);
  const [quickest] = (connected.length > 0 ? connected : known.filter(isUp)).toSorted(
    (a, b) => latency(a) - latency(b),
  );
  return quickest ?? known.find(({ value }) => value === "Connecting") ?? known[0] ?? { value: "Connecting" };
}

function latency(state: PeerState): number {
  return state.value === "Connected" ? state.latencyMs : Number.POSITIVE_INFINITY;
}

function isAnswering({ state, isSilent }: TunnelState): boolean {
  return state.value === "Connected" && !isSilent;
}

/** As told by the pings of each. */
export class TunnelStates {
  readonly #states = new Map<number, TunnelState>([[0, { state: { value: "Connecting" }, isSilent: false }]]);
  #changed: (() => void) | undefined;

  get all(): ReadonlyMap<number, TunnelState> {
    return this.#states;
  }

  get ofPeer(): PeerState {
    return stateOfPeer(this.#states);
  }

  /** Called after each. */
  tell(changed: () => void): void {
    this.#changed = changed;
  }

  set(index: number, state: PeerState): void {
    this.#states.set(index, { state, isSilent: false });
    this.#changed?.();
  }

  silent(index: number): void {
    const found = this.#states.get(index);
    if (found === undefined || found.isSilent) return;
    this.#states.set(index, { ...found, isSilent: true });
    this.#changed?.();
  }

  remove(index: number): void {
    if (this.#states.delete(index)) this.#changed?.();
  }
}
