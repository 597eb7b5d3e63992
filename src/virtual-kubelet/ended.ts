/** Resolves when the context ends: what a wait for anything else is raced against. */
import type { Context } from "#base/context.ts";

export function ended({ signal }: Context): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
