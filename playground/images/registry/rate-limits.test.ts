import assert from "node:assert/strict";
import { test } from "node:test";
import { steppedClock } from "#kit/stepped-clock.ts";
import { RateLimits } from "./rate-limits.ts";
import { RegistryError } from "./registry-error.ts";

test("a repository is not asked before it wants to be, and no other waits for it", async () => {
  const clock = steppedClock();
  const limits = new RateLimits(clock);
  let asked = 0;
  const ask = (who: string, retryAfterMs?: number): Promise<string> =>
    limits.ask(who, async () => {
      asked++;
      if (retryAfterMs === undefined) return "pulled";
      throw new RegistryError("rate-limited", "slowly", { retryAfterMs });
    });
  await assert.rejects(ask("r/x", 20_000), { message: "slowly (not asked again for 20 s, as it wants)" });
  clock.step(5_000);
  await assert.rejects(ask("r/x"), { message: "slowly (not asked again for 15 s, as it wants)" });
  assert.deepEqual([await ask("r/y"), asked], ["pulled", 2]);
  clock.step(15_000);
  assert.deepEqual([await ask("r/x"), asked], ["pulled", 3]);
});

test("no registry keeps anybody away for more than ten minutes", async () => {
  const clock = steppedClock();
  const limits = new RateLimits(clock);
  const refuse = (): Promise<never> =>
    Promise.reject(new RegistryError("rate-limited", "never", { retryAfterMs: 86_400_000 }));
  await assert.rejects(limits.ask("r/x", refuse), /not asked again for 600 s/);
  clock.step(600_000);
  assert.equal(await limits.ask("r/x", async () => "pulled"), "pulled");
});
