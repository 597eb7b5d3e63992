import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { beforeEach, describe, test } from "node:test";
import type { Lease } from "kubernetes-types/coordination/v1";
import { withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { type SteppedClock, steppedClock } from "#kit/stepped-clock.ts";
import { HolderWatch, httpProbe } from "./holder-watch.ts";

const ANNOTATION = "example.org/health";
const lease = (
  holderIdentity: string,
  address = "10.244.0.5:8083",
  acquireTime = "1",
  resourceVersion = "7",
): Lease => ({
  metadata: { annotations: { [ANNOTATION]: address }, resourceVersion },
  spec: { holderIdentity, acquireTime },
});

let clock: SteppedClock;
let asked: string[];
let answers: boolean[];
let tookMs: number;
let gone: number;

/** Asks as many times as there are answers. */
async function watch(first: Lease, after?: Lease): Promise<HolderWatch> {
  const { ctx, cancel } = withCancel({ signal: new AbortController().signal, log: silentLogger });
  const watch = new HolderWatch({
    clock,
    identity: "own",
    annotation: ANNOTATION,
    probe: async (host, port) => {
      asked.push(`${host}:${port}`);
      clock.step(tookMs);
      return answers.shift() ?? true;
    },
    gone: () => gone++,
  });
  watch.follow(first);
  const running = watch.run(ctx);
  for (let rest = answers.length; rest > 0; rest--) clock.step(await clock.waiting());
  await clock.waiting();
  if (after !== undefined) watch.follow(after);
  cancel();
  await running;
  return watch;
}

describe("whether the holder lives", () => {
  beforeEach(() => {
    [clock, asked, answers, tookMs, gone] = [steppedClock(), [], [], 10, 0];
  });

  test("one that answered and does no longer is gone", async () => {
    answers = [true, false, false];
    const watched = await watch(lease("other"));
    assert.equal(asked[0], "10.244.0.5:8083");
    assert.deepEqual([watched.isGone(lease("other")), gone], [true, 1]);
  });

  for (const [name, given, first] of [
    ["a lost answer says nothing", [true, false, true, false], lease("other")],
    ["one that never answered may not be asked", [false, false, false, false], lease("other")],
    ["one's own is not asked", [true, false, false], lease("own")],
    ["an address that is none is not asked", [true, false, false], lease("other", "gw.example.org:80")],
    ["without an address nobody is asked", [true, false, false], lease("other", "")],
  ] as const)
    test(name, async () => {
      answers = [...given];
      const watched = await watch(first);
      assert.deepEqual([watched.isGone(first), gone], [false, 0]);
    });

  test("who was kept from looking at the answer says nothing", async () => {
    answers = [true, false, false, false];
    tookMs = 2_000;
    assert.equal((await watch(lease("other"))).isGone(lease("other")), false);
  });

  test("one that renewed its Lease is not gone, whether that is known yet or not", async () => {
    const renewed = lease("other", "10.244.0.5:8083", "1", "8");
    for (const known of [undefined, renewed]) {
      answers = [true, false, false];
      const watched = await watch(lease("other"), known);
      assert.equal(watched.isGone(renewed), false);
    }
  });

  test("what was found out of one holder, or of its former term, is not held against another", async () => {
    for (const next of [lease("third"), lease("other", "10.244.0.5:8083", "2")]) {
      answers = [true, false, false];
      const watched = await watch(lease("other"), next);
      assert.equal(watched.isGone(next), false);
      assert.equal(watched.isGone(lease("other")), false);
    }
  });
});

describe("the question", () => {
  const open = async (handler: Parameters<typeof createServer>[1]): Promise<{ server: Server; port: number }> => {
    const server = createServer(handler);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { server, port: (server.address() as AddressInfo).port };
  };

  test("is answered, refused, or not answered in time", async () => {
    using probe = httpProbe();
    let isHung = false;
    const { server, port } = await open((_, response) => {
      if (!isHung) response.end("ok");
    });
    assert.equal(await probe("127.0.0.1", port, 5_000), true);
    isHung = true;
    assert.equal(await probe("127.0.0.1", port, 50), false);
    server.close();
    server.closeAllConnections();
    assert.equal(await probe("127.0.0.1", port, 5_000), false);
  });
});
