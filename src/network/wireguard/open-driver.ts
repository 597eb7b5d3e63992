/** Takes the best WireGuard present: the kernel's, otherwise a process in user space. */
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { runTool, type Tools } from "../system/tools.ts";
import { type DriverOptions, hasLink, type WireguardDriver } from "./driver.ts";
import { startUserspaceDriver } from "./userspace.ts";

export async function openDriver(ctx: Context, tools: Tools, options: DriverOptions): Promise<WireguardDriver> {
  const { implementation, link } = options;
  if (implementation !== "userspace") {
    const problem = await findKernelProblem(ctx, tools, link);
    if (problem === undefined) return kernelDriver(tools, link);
    if (implementation === "kernel") {
      throw new Error(`--implementation=kernel: this kernel has no WireGuard (${problem}); use auto or userspace`);
    }
  }
  return startUserspaceDriver(ctx, tools, options);
}

function kernelDriver(tools: Tools, link: string): WireguardDriver {
  return {
    implementation: "kernel",
    description: "kernel",
    async ensureLink(ctx) {
      if (await hasLink(ctx, tools, link)) return false;
      await runTool(ctx, tools, ["ip", "link", "add", "name", link, "type", "wireguard"]);
      return true;
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** Whether the kernel can is asked by doing it: the module is loaded on demand. */
async function findKernelProblem(ctx: Context, tools: Tools, link: string): Promise<string | undefined> {
  // A link left by a former process of this pod would make the question fail for the wrong reason.
  const probe = `${link.slice(0, 9)}-probe`;
  try {
    await runTool(ctx, tools, ["ip", "link", "add", "name", probe, "type", "wireguard"]);
  } catch (error) {
    return messageOf(error);
  }
  await runTool(ctx, tools, ["ip", "link", "del", "dev", probe]);
  return undefined;
}
