/**
 * Writes Events one after the other, so that telling what is done never holds up what is to be done. When too many wait,
 * new ones are dropped. Kubernetes: client-go/tools/record (NewBroadcaster), apimachinery/pkg/watch (DropIfChannelFull)
 */

// client-go: maxQueuedEvents
const MAX_WAITING = 1000;

export class EventQueue {
  readonly #waiting: (() => Promise<void>)[] = [];
  #isWriting = false;

  /** `write` must not reject. False: too many wait already. */
  add(write: () => Promise<void>): boolean {
    if (this.#waiting.length >= MAX_WAITING) return false;
    this.#waiting.push(write);
    if (!this.#isWriting) void this.#run();
    return true;
  }

  async #run(): Promise<void> {
    this.#isWriting = true;
    for (let write = this.#waiting.shift(); write !== undefined; write = this.#waiting.shift()) await write();
    this.#isWriting = false;
  }
}
