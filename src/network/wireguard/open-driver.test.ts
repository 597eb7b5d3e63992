import assert from "node:assert/strict";
import { test } from "node:test";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { type FakeMachine, failed, fakeMachine } from "../testing/fake-machine.ts";
import { openDriver } from "./open-driver.ts";

const ctx: Context = { signal: new AbortController().signal, log: silentLogger };
const PROBE = "ip link add name liqo-tunn-probe type wireguard";
const NO_WIREGUARD = failed("Error: Unknown device type.\n", 2);
const options = { link: "liqo-tunnel", lost: () => undefined };
const commands = ({ calls }: FakeMachine): string[] => calls.map(({ command }) => command);

for (const implementation of ["auto", "kernel"] as const)
  test(`${implementation}: the kernel's WireGuard is taken where there is one`, async () => {
    using machine = fakeMachine();
    await using driver = await openDriver(ctx, machine, { ...options, implementation });
    assert.deepEqual([driver.implementation, driver.description], ["kernel", "kernel"]);
    assert.deepEqual(commands(machine), [PROBE, "ip link del dev liqo-tunn-probe"]);
  });

test("auto: without WireGuard in the kernel it is wireguard-go", async () => {
  using machine = fakeMachine({
    [PROBE]: NO_WIREGUARD,
    "wireguard-go --version": "wireguard-go v0.0.20230223\nmore\n",
  });
  await using driver = await openDriver(ctx, machine, { ...options, implementation: "auto" });
  assert.deepEqual(
    [driver.implementation, driver.description],
    ["userspace", "userspace (wireguard-go v0.0.20230223)"],
  );
});

test("userspace: the kernel is not asked", async () => {
  using machine = fakeMachine();
  await using driver = await openDriver(ctx, machine, { ...options, implementation: "userspace" });
  assert.equal(driver.implementation, "userspace");
  assert.ok(!commands(machine).includes(PROBE));
});

test("kernel: without one the gateway does not start, and says why", async () => {
  using machine = fakeMachine({ [PROBE]: NO_WIREGUARD });
  await assert.rejects(openDriver(ctx, machine, { ...options, implementation: "kernel" }), {
    message:
      "--implementation=kernel: this kernel has no WireGuard (tool exited with 2: Error: Unknown device type.); use auto or userspace",
  });
});

test("the kernel's interface is made when it is not there", async () => {
  using machine = fakeMachine();
  await using driver = await openDriver(ctx, machine, { ...options, implementation: "kernel" });
  assert.equal(await driver.ensureLink(ctx), false);
  machine.answers["ip link show dev liqo-tunnel"] = failed('Device "liqo-tunnel" does not exist.\n');
  assert.equal(await driver.ensureLink(ctx), true);
  assert.equal(commands(machine).at(-1), "ip link add name liqo-tunnel type wireguard");
  machine.answers["ip link add"] = failed("busy");
  await assert.rejects(driver.ensureLink(ctx), { name: "RunError" });
});
