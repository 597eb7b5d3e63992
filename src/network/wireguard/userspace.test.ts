import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { type Context, withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { type FakeMachine, type FakeProcess, failed, fakeMachine, writeFiles } from "../testing/fake-machine.ts";
import type { WireguardDriver } from "./driver.ts";
import { startUserspaceDriver } from "./userspace.ts";

const SHOW = "ip link show dev liqo-tunnel";
const SILENT = failed("Unable to access interface: No such device\n");

let machine: FakeMachine;
let lost: number;
let ctx: Context;
let cancel: () => void;

describe("WireGuard in user space", () => {
  beforeEach(() => {
    machine = fakeMachine({
      // The control socket answers while a process is there.
      "wg show liqo-tunnel listen-port": () =>
        machine.processes.some(({ isRunning }) => isRunning) ? "51840\n" : SILENT,
      [SHOW]: failed("does not exist"),
    });
    lost = 0;
    ({ ctx, cancel } = withCancel({ signal: new AbortController().signal, log: silentLogger }));
  });
  afterEach(() => machine[Symbol.dispose]());

  function start(): Promise<WireguardDriver> {
    return startUserspaceDriver(ctx, machine, {
      link: "liqo-tunnel",
      implementation: "userspace",
      lost: () => {
        lost++;
      },
    });
  }

  const commands = (): string[] => machine.calls.map(({ command }) => command);

  /** The process ended and whoever waits for that was told. */
  async function endOf(process: FakeProcess): Promise<void> {
    process.end();
    await process.ended;
    await new Promise((resolve) => setImmediate(resolve));
  }

  test("the interface is a process in the foreground, started once", async () => {
    await using driver = await start();
    assert.equal(await driver.ensureLink(ctx), true);
    const { command, env } = await machine.started(0);
    assert.equal(command, "wireguard-go -f liqo-tunnel");
    assert.deepEqual(env, { LOG_LEVEL: "error", WG_PROCESS_FOREGROUND: "1" });
    assert.equal(await driver.ensureLink(ctx), false);
    assert.equal(machine.processes.length, 1);
    assert.ok(!commands().includes("ip link del dev liqo-tunnel"));
  });

  test("what answers already is taken over", async () => {
    machine.answers["wg show liqo-tunnel listen-port"] = "51840\n";
    await using driver = await start();
    assert.equal(await driver.ensureLink(ctx), false);
    assert.deepEqual(machine.processes, []);
  });

  test("an interface without its process is removed first", async () => {
    machine.answers[SHOW] = "7: liqo-tunnel: <>\n";
    await using driver = await start();
    await driver.ensureLink(ctx);
    assert.ok(commands().includes("ip link del dev liqo-tunnel"));
  });

  test("one that runs but does not answer is killed before another is started", async () => {
    await using driver = await start();
    await driver.ensureLink(ctx);
    const first = await machine.started(0);
    const answers = machine.answers["wg show liqo-tunnel listen-port"] ?? "";
    machine.answers["wg show liqo-tunnel listen-port"] = SILENT;
    const again = driver.ensureLink(ctx);
    await machine.started(1);
    assert.deepEqual(first.signals, ["SIGKILL"]);
    machine.answers["wg show liqo-tunnel listen-port"] = answers;
    machine.clock.step(await machine.clock.waiting());
    assert.equal(await again, true);
  });

  test("it may take a while until it answers, five seconds at most", async () => {
    machine.answers["wg show liqo-tunnel listen-port"] = SILENT;
    await using driver = await start();
    const made = driver.ensureLink(ctx);
    const process = await machine.started(0);
    const failure = assert.rejects(made, {
      message: "start wireguard-go for liqo-tunnel: no answer on its control socket; is /dev/net/tun there?",
    });
    for (let ms = 0; ms < 5_000; ms += 20) {
      assert.equal(await machine.clock.waiting(), 20);
      assert.equal(process.isRunning, true);
      machine.clock.step(20);
    }
    await failure;
    assert.deepEqual(process.signals, ["SIGKILL"]);
  });

  test("a process that dies at once is not waited for", async () => {
    machine.answers["wg show liqo-tunnel listen-port"] = SILENT;
    await using driver = await start();
    const made = driver.ensureLink(ctx);
    const process = await machine.started(0);
    await machine.clock.waiting();
    process.end();
    const failure = assert.rejects(made, /no answer on its control socket/);
    machine.clock.step(20);
    await failure;
    assert.ok(machine.clock.nowMs() < 1_000);
  });

  test("the end of a process is told, later and later while it dies again and again", async () => {
    await using driver = await start();
    for (const [at, mostMs] of [100, 200, 400].entries()) {
      await driver.ensureLink(ctx);
      const process = await machine.started(at);
      process.stderr.write("cannot open TUN\n");
      await endOf(process);
      assert.equal(lost, at);
      const waitMs = await machine.clock.waiting();
      assert.ok(waitMs <= mostMs && waitMs >= mostMs * 0.8, `${waitMs} ms`);
      machine.clock.step(waitMs);
      assert.equal(lost, at + 1);
    }
  });

  test("the end in good order is asked for, and told to nobody", async () => {
    const driver = await start();
    await driver.ensureLink(ctx);
    const process = await machine.started(0);
    await driver[Symbol.asyncDispose]();
    assert.deepEqual(process.signals, ["SIGTERM"]);
    await endOf(process);
    assert.equal(machine.clock.nextMs(), undefined);
  });

  test("a process that does not end is not waited for longer than a second", async () => {
    const driver = await start();
    await driver.ensureLink(ctx);
    const process = await machine.started(0);
    const signals: string[] = [];
    process.kill = (signal) => void signals.push(signal);
    const ended = driver[Symbol.asyncDispose]();
    assert.equal(await machine.clock.waiting(), 1_000);
    machine.clock.step(1_000);
    await ended;
    assert.deepEqual(signals, ["SIGTERM"]);
  });

  test("whoever ends after the process died is told of nothing any more", async () => {
    const driver = await start();
    await driver.ensureLink(ctx);
    await endOf(await machine.started(0));
    await driver[Symbol.asyncDispose]();
    assert.equal(machine.clock.nextMs(), undefined);
    assert.equal(lost, 0);
  });

  test("a process that ends with the context is no news", async () => {
    await using driver = await start();
    await driver.ensureLink(ctx);
    cancel();
    await endOf(await machine.started(0));
    assert.equal(machine.clock.nextMs(), undefined);
  });

  test("the TUN device is made where the container runtime made none", async () => {
    const path = join(machine.devices, "net/tun");
    await start();
    assert.ok(commands().includes(`mknod -m 0600 ${path} c 10 200`));
    assert.ok(existsSync(dirname(path)));
    machine.calls.splice(0);
    writeFiles(machine.devices, { "net/tun": "" });
    await start();
    assert.ok(!commands().some((command) => command.startsWith("mknod")));
  });
});
