/** Takes the best WireGuard present: the kernel's, otherwise a process in user space. */
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import type { Machine } from "../system/machine.ts";
import type { Tools } from "../system/tools.ts";
import { type DriverOptions, hasLink, type WireguardDriver } from "./driver.ts";
import { startUserspaceDriver } from "./userspace.ts";

export async function openDriver(ctx: Context, machine: Machine, options: DriverOptions): Promise<WireguardDriver> {
  const { implementation, link } = options;
  if (implementation !== "userspace") {
    const problem = await findKernelProblem(ctx, machine.tools, link);
    if (problem === undefined) return kernelDriver(machine.tools, link);
    if (implementation === "kernel") {
      throw new Error(`--implementation=kernel: this kernel has no WireGuard (${problem}); use auto or userspace`);
    }
  }
  return startUserspaceDriver(ctx, machine, options);
}

function kernelDriver(tools: Tools, link: string): WireguardDriver {
  return {
    implementation: "kernel",
    description: "kernel",
    async ensureLink(ctx) {
      if (await hasLink(ctx, tools, link)) return false;
      await tools.run(ctx, ["ip", "link", "add", "name", link, "type", "wireguard"]);
      return true;
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** Whether the kernel can is asked by doing it: the module is loaded on demand. */
async function findKernelProblem(ctx: Context, tools: Tools, link: string): Promise<string | undefined> {
  // A link left by a former process of this pod would make the question fail for the wrong reason.
  const probe = probeOf(link);
  try {
    await tools.run(ctx, ["ip", "link", "add", "name", probe, "type", "wireguard"]);
  } catch (error) {
    return messageOf(error);
  }
  await tools.run(ctx, ["ip", "link", "del", "dev", probe]);
  return undefined;
}

/** Several tunnels ask at once: each has a name of its own, of at most 15 letters. */
function probeOf(link: string): string {
  const number = /\d+$/.exec(link)?.[0];
  return number === undefined ? `${link.slice(0, 9)}-probe` : `${link.slice(0, 6)}${number}-probe`;
}
