/** Waits, for end-to-end tests only: what a person would do by looking again. */
import { setTimeout as delay } from "node:timers/promises";

const POLL_MS = 150;

/** The first value that `look` returns without throwing; after `timeoutMs` its last error, with what was awaited. */
export async function eventually<T>(awaited: string, look: () => Promise<T> | T, timeoutMs = 60_000): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await look();
    } catch (cause) {
      if (performance.now() > deadline)
        throw new Error(`not within ${timeoutMs / 1_000} s: ${awaited}; last: ${String(cause)}`, { cause });
    }
    await delay(POLL_MS);
  }
}
