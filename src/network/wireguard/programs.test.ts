import assert from "node:assert/strict";
import { test } from "node:test";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { failed, fakeMachine } from "../testing/fake-machine.ts";
import { findProgram } from "./programs.ts";

const ctx: Context = { signal: new AbortController().signal, log: silentLogger };
const ABSENT = failed("not found", 127);
const RECENT = "wireguard-go v0.0.20250522\n\nUserspace WireGuard daemon\n";
const OLD = "wireguard-go v0.0.20220316\n";
const RUST = "boringtun-cli 0.5.2\n";

for (const [go, rust, wanted] of [
  [RECENT, RUST, "wireguard-go v0.0.20250522"],
  [RECENT, ABSENT, "wireguard-go v0.0.20250522"],
  [OLD, RUST, "wireguard-go v0.0.20220316"],
  [ABSENT, RUST, "boringtun-cli 0.5.2"],
] as const)
  test(`${wanted} is the best of what is there`, async () => {
    using machine = fakeMachine({ "wireguard-go --version": go, "boringtun-cli --version": rust });
    const { version, program } = await findProgram(ctx, machine.tools);
    assert.equal(version, wanted);
    assert.ok(program.start("liqo-tunnel1").argv.includes("liqo-tunnel1"));
  });

test("without any of them the names of all are told", async () => {
  using machine = fakeMachine({ "wireguard-go --version": ABSENT, "boringtun-cli --version": ABSENT });
  await assert.rejects(findProgram(ctx, machine.tools), {
    message: "userspace WireGuard: neither wireguard-go nor boringtun-cli can be run; install the package wireguard-go",
  });
});
