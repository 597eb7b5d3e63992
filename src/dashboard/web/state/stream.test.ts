import assert from "node:assert/strict";
import { test } from "node:test";
import { steppedClock } from "#kit/stepped-clock.ts";
import { type Connection, openStream, type Source } from "./stream.ts";

class ByHand implements Source {
  readyState = 0;
  closed = false;
  readonly #handlers = new Map<string, (event: { readonly data?: unknown }) => void>();

  addEventListener(type: string, handler: (event: { readonly data?: unknown }) => void): void {
    this.#handlers.set(type, handler);
  }

  close(): void {
    this.closed = true;
  }

  happens(type: string, data?: unknown): void {
    this.#handlers.get(type)?.({ data });
  }
}

function opened() {
  const clock = steppedClock();
  const sources: ByHand[] = [];
  const states: Connection[] = [];
  const deltas: unknown[] = [];
  const open = (): Source => {
    const source = new ByHand();
    sources.push(source);
    return source;
  };
  const close = openStream(open, clock, {
    picture: () => assert.fail("no picture was sent"),
    delta: (delta) => deltas.push(delta),
    samples: () => assert.fail("no samples were sent"),
    connection: (state) => states.push(state),
  });
  const last = (): ByHand => sources.at(-1) ?? assert.fail("nothing was opened");
  return { clock, sources, states, deltas, close, last };
}

test("what comes is handed on, and the state of the connection with it", () => {
  const { last, states, deltas } = opened();
  last().happens("open");
  last().happens("delta", JSON.stringify({ at: 1, put: [], removed: ["a"] }));
  assert.deepEqual(states, ["connecting", "live"]);
  assert.deepEqual(deltas, [{ at: 1, put: [], removed: ["a"] }]);
});

test("a broken connection is the browser's to repair", () => {
  const { last, states, sources, clock } = opened();
  last().happens("error");
  assert.equal(clock.nextMs(), undefined);
  last().happens("open");
  assert.deepEqual([states, sources.length], [["connecting", "lost", "live"], 1]);
});

test("a refused one is tried again, later and later, and soon again after a success", () => {
  const { last, sources, clock } = opened();
  const refused = (): number => {
    last().readyState = 2;
    last().happens("error");
    const next = clock.nextMs() ?? assert.fail("it is not tried again");
    clock.step(next);
    return next;
  };
  assert.deepEqual([refused(), refused(), refused(), refused(), refused()], [1_000, 2_000, 4_000, 8_000, 10_000]);
  assert.equal(sources.length, 6);
  last().happens("open");
  assert.equal(refused(), 1_000);
});

test("after its end nothing is tried", () => {
  const { last, clock, close } = opened();
  last().readyState = 2;
  last().happens("error");
  close();
  assert.equal(clock.nextMs(), undefined);
  assert.ok(last().closed);
});
