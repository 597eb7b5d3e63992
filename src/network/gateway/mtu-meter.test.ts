import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { afterEach, beforeEach, describe, test } from "node:test";
import { type Context, withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { type FakeMachine, fakeMachine } from "../testing/fake-machine.ts";
import { freePort } from "../testing/free-port.ts";
import { openMtuMeter, openProbePath } from "./mtu-meter.ts";
import { type GatewayOptions, parseGatewayOptions } from "./options.ts";

const NAMES = ["--name=rome", "--namespace=liqo", "--remote-cluster-id=rome", "--node-name=n", "--pod-name=p"];
const ENDS = { own: "169.254.18.1", peer: "169.254.18.2" };

let machine: FakeMachine;
let ctx: Context;
let end: () => void;

describe("the meter of a gateway's MTU", () => {
  beforeEach(() => {
    machine = fakeMachine({ "ip -json link show": '[{"ifname":"liqo-tunnel"}]' });
    const own = withCancel({ signal: new AbortController().signal, log: silentLogger });
    [ctx, end] = [own.ctx, own.cancel];
  });
  afterEach(() => {
    end();
    machine[Symbol.dispose]();
  });

  function options(...flags: readonly string[]): GatewayOptions {
    return parseGatewayOptions([...NAMES, "--gateway-uid=u", "--mtu=1400", ...flags]);
  }

  for (const flags of [["--ping-enabled=false"], ["--mtu-probe-interval=0s"]])
    test(`with ${flags[0]} the MTU stays as configured, and that is told`, async () => {
      const gateway = { options: options("--mode=server", ...flags), machine };
      assert.equal(openProbePath(gateway), undefined);
      const told: unknown[] = [];
      await using meter = await openMtuMeter(ctx, gateway, {
        plane: { probePath: undefined, tunnel: { addresses: ENDS }, tunnels: { setMtu: (mtu) => told.push(mtu) } },
        connection: { mtuFound: (mtu) => told.push(mtu) },
        isConnected: () => true,
      });
      await meter.run(ctx);
      assert.deepEqual(told, [1_400, { value: 1_400, origin: "Configured" }]);
      assert.equal(meter.probed(1_300), undefined);
    });

  for (const [mode, peer, carrier] of [
    ["server", "169.254.18.2", "udp sport 51841"],
    ["client", "169.254.18.1", "udp dport 30571"],
  ] as const)
    test(`a ${mode}'s probes go to its peer, and are told from what else WireGuard sends`, async () => {
      const flags = ["--endpoint-address=192.0.2.1", "--endpoint-ports=30571", "--listen-port=51841"];
      const path = openProbePath({ options: options(`--mode=${mode}`, ...flags), machine });
      const running = path?.loop.run(ctx);
      await machine.clock.waiting().then((ms) => machine.clock.step(ms));
      const { input } = await machine.called(({ command }) => command === "nft -f -");
      assert.ok(machine.takeLines().some((line) => line.startsWith(`route replace ${peer} dev liqo-tunnel mtu 1400 `)));
      assert.ok(input.includes(`oifname != "liqo-tunnel" ${carrier} `));
      end();
      await running;
    });

  test("probes are sent from the port beside that of pings, and nothing is told before there is a peer", async () => {
    const port = await freePort();
    const gateway = { options: options("--mode=server", `--ping-port=${port}`), machine };
    const path = openProbePath(gateway);
    assert.ok(path !== undefined);
    const told: unknown[] = [];
    await using _meter = await openMtuMeter(ctx, gateway, {
      plane: { probePath: path, tunnel: { addresses: ENDS }, tunnels: { setMtu: (mtu) => told.push(mtu) } },
      connection: { mtuFound: (mtu) => told.push(mtu) },
      isConnected: () => false,
    });
    const other = createSocket("udp4");
    const taken = await new Promise((resolve) => other.once("error", resolve).bind(port + 1, () => resolve(undefined)));
    assert.equal((taken as NodeJS.ErrnoException).code, "EADDRINUSE");
    assert.deepEqual(told, []);
  });
});
