/** What a node tells about the machine it runs on. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { arch, release } from "node:os";
import type { Context } from "#base/context.ts";
import type { RunProgram } from "../host.ts";
import type { Machine } from "./node-object.ts";

/** `nodeName` makes the ids differ among the nodes of one machine. */
export async function describeMachine(ctx: Context, run: RunProgram, nodeName: string): Promise<Machine> {
  const machineId = existsSync("/etc/machine-id") ? readFileSync("/etc/machine-id", "utf8").trim() : "";
  const osRelease = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  const { stdout } = await run("runc", ["--version"], { timeoutMs: 5000, signal: ctx.signal });
  return {
    id: createHash("sha256").update(`${machineId}/${nodeName}`).digest("hex").slice(0, 32),
    bootId: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
    kernel: release(),
    osImage: /^PRETTY_NAME="?([^"\n]*)/m.exec(osRelease)?.[1] ?? "Linux",
    architecture: arch() === "x64" ? "amd64" : arch(),
    runtimeVersion: `runc://${/version (\S+)/.exec(stdout)?.[1] ?? "unknown"}`,
  };
}
