import assert from "node:assert/strict";
import { test } from "node:test";
import { withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { fakeMachine } from "../testing/fake-machine.ts";
import { echoPathLoop } from "./echo-path.ts";

for (const [what, rules, lines] of [
  ["is made", "[]", ["rule add priority 102 fwmark 1280442368 lookup local"]],
  ["is there already", '[{"priority":102}]', []],
] as const)
  test(`echoes to this gateway end here, and answers go into the tunnel; the rule ${what}`, async () => {
    using machine = fakeMachine({ "ip -json rule show priority 102": rules });
    const { ctx, cancel } = withCancel({ signal: new AbortController().signal, log: silentLogger });
    const running = echoPathLoop(machine, { podIp: "10.244.0.3", port: 12_345 }).run(ctx);
    machine.clock.step(await machine.clock.waiting());
    const { input } = await machine.called(({ command }) => command === "nft -f -");
    cancel();
    await running;
    assert.deepEqual(machine.takeLines(), lines);
    assert.match(input, /iifname "liqo-tunnel\*" ip daddr 10\.244\.0\.3 udp dport 12345 meta mark set 1280442368/);
    assert.match(input, /iifname != "liqo-tunnel\*" udp dport 12345 drop/);
    assert.match(input, /ip daddr != 169\.254\.0\.0\/16 udp sport 12345 meta mark set 1280376832/);
  });
