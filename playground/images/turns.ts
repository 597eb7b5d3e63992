/** Lets so many in at once; the others wait in the order they came. */
import type { Context } from "#base/context.ts";

export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(most: number) {
    this.#free = most;
  }

  /** Resolves when it is one's turn, until it is disposed of. Throws when the context ends before. */
  async next(ctx: Context): Promise<Disposable> {
    if (this.#free > 0) this.#free--;
    else await this.#wait(ctx);
    return { [Symbol.dispose]: () => this.#leave() };
  }

  #wait({ signal }: Context): Promise<void> {
    return new Promise((resolve, reject) => {
      const go = (): void => {
        signal.removeEventListener("abort", give);
        resolve();
      };
      const give = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1);
        reject(new Error("given up before it was its turn"));
      };
      this.#waiting.push(go);
      signal.addEventListener("abort", give, { once: true });
    });
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
