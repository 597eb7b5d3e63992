import assert from "node:assert/strict";
import { test } from "node:test";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { BATCH, failed, fakeMachine } from "../testing/fake-machine.ts";
import { applyLinks, detectOverlayKind } from "./overlay.ts";

const ctx: Context = { signal: new AbortController().signal, log: silentLogger };
const PROBE = "ip link add name liqo-probe type geneve id 16777214 remote 192.0.2.1 dstport 6081";
const REMOVE = "ip link del dev liqo-probe";
const SHOW = "ip -4 -json -details address show";
const OPTIONS = { kind: "vxlan", port: 6091, hasArp: true } as const;
const LINK = { name: "liqo.a", id: 7, remote: "10.244.1.5", address: "10.80.0.1", mtu: 1340 };

test("a kernel with Geneve is asked by a link that is removed at once", async () => {
  using machine = fakeMachine();
  assert.equal(await detectOverlayKind(ctx, machine.tools), "geneve");
  assert.deepEqual(
    machine.calls.map(({ command }) => command),
    [PROBE, REMOVE],
  );
});

test("a kernel without Geneve has VXLAN", async () => {
  using machine = fakeMachine({ "ip link add": failed("Error: Unknown device type.\n", 2) });
  assert.equal(await detectOverlayKind(ctx, machine.tools), "vxlan");
  assert.equal(machine.calls.length, 1);
});

test("whoever says which kind does not have the kernel asked", async () => {
  using machine = fakeMachine();
  assert.equal(await detectOverlayKind(ctx, machine.tools, "geneve"), "geneve");
  assert.equal(await detectOverlayKind(ctx, machine.tools, "vxlan"), "vxlan");
  assert.deepEqual(machine.calls, []);
});

test("a probe that cannot be removed again is told of", async () => {
  using machine = fakeMachine({ [REMOVE]: failed("busy") });
  await assert.rejects(detectOverlayKind(ctx, machine.tools), { name: "RunError" });
});

test("links are made in one batch; nothing is run when all is as it should be", async () => {
  using machine = fakeMachine({ [SHOW]: '[{"ifname":"lo"},{"ifname":"liqo.old"}]' });
  assert.equal(await applyLinks(ctx, machine.tools, [LINK], OPTIONS), true);
  assert.deepEqual(machine.takeLines(), [
    "link del dev liqo.old",
    "link add name liqo.a mtu 1340 txqueuelen 1000 type vxlan id 7 remote 10.244.1.5 dstport 6091 nolearning noudpcsum",
    "link set dev liqo.a address 02:4c:0a:50:00:01",
    "addr replace 10.80.0.1/32 dev liqo.a",
    "link set dev liqo.a up",
  ]);
  machine.answers[SHOW] = JSON.stringify([
    {
      ifname: "liqo.a",
      mtu: 1340,
      address: "02:4c:0a:50:00:01",
      flags: ["UP"],
      linkinfo: { info_kind: "vxlan", info_data: { id: 7, remote: "10.244.1.5", port: 6091 } },
      addr_info: [{ local: "10.80.0.1", prefixlen: 32 }],
    },
  ]);
  assert.equal(await applyLinks(ctx, machine.tools, [LINK], OPTIONS), false);
  assert.deepEqual(machine.takeLines(), []);
});

test("the first failure is told with its link and command", async () => {
  using machine = fakeMachine({ [BATCH]: failed("RTNETLINK answers: File exists\nCommand failed -:3\n") });
  await assert.rejects(applyLinks(ctx, machine.tools, [LINK], OPTIONS), {
    message: "overlay link liqo.a: ip addr replace 10.80.0.1/32 dev liqo.a: RTNETLINK answers: File exists",
  });
});
