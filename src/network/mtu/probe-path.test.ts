import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { type FakeMachine, failed, fakeMachine } from "../testing/fake-machine.ts";
import { ProbePath } from "./probe-path.ts";

const LINKS = "ip -json link show";
const RULES = "ip -json rule show priority 101";
const ROUTES = [
  "route replace unreachable default table 19538",
  "route replace 169.254.18.1 dev liqo-tunnel mtu 1340 table 19538",
];
const RULE = "rule add priority 101 iif lo ipproto udp sport 12346 lookup 19538";

let machine: FakeMachine;
let path: ProbePath;
let stop: () => Promise<void>;

describe("the path of probes", () => {
  beforeEach(() => {
    machine = fakeMachine({ [LINKS]: '[{"ifname":"lo"},{"ifname":"liqo-tunnel"}]' });
    const carrier = "udp dport 51840";
    path = new ProbePath(machine, { peer: "169.254.18.1", sourcePort: 12_346, bound: 1_340, carrier });
    const { ctx, cancel } = withCancel({ signal: new AbortController().signal, log: silentLogger });
    const running = path.loop.run(ctx);
    stop = () => {
      cancel();
      return running;
    };
  });
  afterEach(async () => {
    await stop();
    machine[Symbol.dispose]();
  });

  async function pass(): Promise<void> {
    machine.clock.step(await machine.clock.waiting());
    await machine.clock.waiting();
  }

  test("they may be as long as the bound, whatever the interface's MTU is, and are not fragmented on their way", async () => {
    assert.equal(path.isSet, false);
    await pass();
    assert.equal(path.isSet, true);
    assert.deepEqual(machine.takeLines(), [...ROUTES, RULE]);
    const table = machine.calls.find(({ command }) => command === "nft -f -")?.input ?? "";
    assert.match(table, /oifname "liqo-tunnel" udp sport 12346 update @probing/);
    assert.match(table, /oifname != "liqo-tunnel" udp dport 51840 ip protocol @probing ip frag-off set 0x4000/);
  });

  test("without the tunnel's interface there is none", async () => {
    machine.answers[LINKS] = '[{"ifname":"lo"}]';
    await pass();
    assert.equal(path.isSet, false);
    assert.deepEqual(machine.takeLines(), []);
  });

  test("the rule is made once, the routes each time: one of them goes with the tunnel", async () => {
    machine.answers[RULES] = '[{"priority":101}]';
    await pass();
    assert.deepEqual(machine.takeLines(), ROUTES);
  });

  test("what fails leaves no path, and is tried again", async () => {
    machine.answers["nft -f -"] = failed("no such set type");
    await pass();
    assert.equal(path.isSet, false);
    machine.answers["nft -f -"] = "";
    await pass();
    assert.equal(path.isSet, true);
  });
});
