/**
 * What a gateway answers to nodes of the other cluster, which measure the way of their pods: as many bytes as came, so that
 * the way back is measured with the same size. Never more, and so many in a second at most: nobody can multiply packets by it.
 */
import type { Clock } from "#base/clock.ts";
import { encodeMessage, HEADER_BYTES, type PingMessage } from "./message.ts";

/** Two sizes of some hundred nodes, all in the same second. */
const MOST_PER_SECOND = 500;
const SECOND_MS = 1_000;

export class EchoAnswers {
  readonly #clock: Clock;
  #secondMs = Number.NEGATIVE_INFINITY;
  #answered = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Undefined: none is given. */
  answerTo({ clusterID, timeStamp }: PingMessage, bytes: number, from: string): Buffer | undefined {
    const answer = encodeMessage({ clusterID, msgType: "ECHOED", timeStamp, from }, bytes + HEADER_BYTES);
    return answer.length > bytes || !this.#isAllowed() ? undefined : answer;
  }

  #isAllowed(): boolean {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#secondMs >= SECOND_MS) [this.#secondMs, this.#answered] = [nowMs, 0];
    return ++this.#answered <= MOST_PER_SECOND;
  }
}
