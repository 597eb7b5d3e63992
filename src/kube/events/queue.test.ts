import assert from "node:assert/strict";
import { test } from "node:test";
import { EventQueue } from "./queue.ts";

test("writes run one after the other, in order", async () => {
  const queue = new EventQueue();
  const log: string[] = [];
  const first = Promise.withResolvers<void>();
  queue.add(async () => {
    log.push("first begins");
    await first.promise;
    log.push("first ends");
  });
  const second = new Promise<void>((resolve) => {
    queue.add(async () => {
      log.push("second");
      resolve();
    });
  });
  first.resolve();
  await second;
  assert.deepEqual(log, ["first begins", "first ends", "second"]);
});

test("when 1,000 wait the next is refused", () => {
  const queue = new EventQueue();
  const endless = (): Promise<void> => new Promise(() => undefined);
  for (let i = 0; i <= 1_000; i++) assert.equal(queue.add(endless), true);
  assert.equal(queue.add(endless), false);
});
