import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { type FakeMachine, fakeMachine } from "../testing/fake-machine.ts";
import { monitorNetwork } from "./monitor.ts";

let machine: FakeMachine;
let triggers: number;
let told: PromiseWithResolvers<void>;
let cancel: () => void;
let running: Promise<void>;

describe("the monitor", () => {
  beforeEach(() => {
    machine = fakeMachine();
    triggers = 0;
    told = Promise.withResolvers();
    const own = withCancel({ signal: new AbortController().signal, log: silentLogger });
    cancel = own.cancel;
    const first = { trigger: () => void triggers++ };
    running = monitorNetwork(own.ctx, machine, [first, { trigger: () => told.resolve() }]);
  });

  afterEach(async () => {
    cancel();
    await running;
    machine[Symbol.dispose]();
  });

  /** Prints one line, and waits until it was dealt with: a link's line after it triggers. */
  async function print(line: string): Promise<number> {
    const before = triggers;
    told = Promise.withResolvers();
    (await machine.started(0)).stdout.write(`${line}\n7: liqo.abc: <UP> mtu 1340\n`);
    await told.promise;
    await new Promise((resolve) => setImmediate(resolve));
    return triggers - before - 1;
  }

  test("it follows links, routes and rules, and triggers at the start: something may have changed before", async () => {
    assert.equal((await machine.started(0)).command, "ip -4 -oneline monitor link route rule");
    assert.equal(triggers, 1);
  });

  test("what is deleted triggers, what is added does not", async () => {
    assert.equal(await print("Deleted 10.0.0.0/8 via 10.1.0.1 dev eth0 proto 144"), 1);
    assert.equal(await print("10.0.0.0/8 via 10.1.0.1 dev eth0 proto 144"), 0);
  });

  test("a monitor that dies is started again, later and later, and triggers: nobody looked meanwhile", async () => {
    for (const [at, mostMs] of [500, 1_000, 2_000].entries()) {
      (await machine.started(at)).end();
      const waitMs = await machine.clock.waiting();
      assert.ok(waitMs <= mostMs && waitMs >= mostMs * 0.8, `${waitMs} ms`);
      assert.equal(machine.processes.length, at + 1);
      machine.clock.step(waitMs);
      await machine.started(at + 1);
      assert.equal(triggers, at + 2);
    }
  });

  test("it is killed with the context", async () => {
    const process = await machine.started(0);
    cancel();
    await running;
    assert.deepEqual(process.signals, ["SIGKILL"]);
    assert.equal(machine.clock.nextMs(), undefined);
  });
});
