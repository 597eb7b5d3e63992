import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import type { Loop } from "../system/loop.ts";
import { BATCH, type FakeMachine, failed, fakeMachine } from "../testing/fake-machine.ts";
import { refusalLoop } from "./refusal.ts";

const LINKS = "ip -json link show";
const RULES = "ip -json rule show priority 100";
const ROUTE = "route replace default via 169.254.18.2 dev liqo-tunnel table 19537";
const RULE = "rule add priority 100 fwmark 1280376832 lookup 19537";

let machine: FakeMachine;
let loop: Loop;
let stop: () => Promise<void>;

describe("a gateway that cannot work", () => {
  beforeEach(() => {
    machine = fakeMachine({ [LINKS]: '[{"ifname":"lo"},{"ifname":"liqo-tunnel"}]' });
    loop = refusalLoop(machine, () => ({ peer: "169.254.18.2", group: undefined }));
    const { ctx, cancel } = withCancel({ signal: new AbortController().signal, log: silentLogger });
    const running = loop.run(ctx);
    stop = () => {
      cancel();
      return running;
    };
  });

  afterEach(async () => {
    await stop();
    machine[Symbol.dispose]();
  });

  /** One pass, and how long until the next. */
  async function pass(): Promise<number> {
    machine.clock.step(await machine.clock.waiting());
    return machine.clock.waiting();
  }

  test("packets for pods that are gone are refused, and the refusal goes back through the tunnel", async () => {
    assert.equal(await pass(), 60_000);
    assert.deepEqual(machine.takeLines(), [ROUTE, RULE]);
    const table = machine.calls.find(({ command }) => command === "nft -f -")?.input ?? "";
    assert.match(table, /^table ip liqo-refusal\ndelete table ip liqo-refusal\ntable ip liqo-refusal \{/);
    assert.match(table, /iifname "liqo-tunnel\*" oifname "eth0" meta mark set 1280376832 jump refuse/);
    assert.match(table, /iifname "liqo\.\*" ct status dnat drop/);
    assert.match(table, /meta l4proto tcp reject with tcp reset\n\s+reject with icmp type host-unreachable/);
  });

  test("the rule is made once, the route each time: it goes with the tunnel", async () => {
    machine.answers[RULES] = '[{"priority":100}]';
    await pass();
    assert.deepEqual(machine.takeLines(), [ROUTE]);
  });

  test("without a tunnel there is nothing to refuse", async () => {
    machine.answers[LINKS] = '[{"ifname":"eth0"}]';
    assert.equal(await pass(), 60_000);
    assert.deepEqual(
      machine.calls.map(({ command }) => command),
      [LINKS],
    );
  });

  test("what fails is tried again soon, and nothing is refused before the way back is there", async () => {
    machine.answers[BATCH] = failed("Cannot find device\nCommand failed -:1\n");
    assert.ok((await pass()) <= 250);
    assert.equal(machine.calls.at(-1)?.command, BATCH);
    delete machine.answers[BATCH];
    assert.equal(await pass(), 60_000);
    assert.equal(machine.calls.at(-1)?.command, "nft -f -");
  });
});
