/** Keeps the overlay links of this host equal to the GeneveTunnels. Upstream: pkg/{fabric,gateway/fabric}/genevetunnel_controller.go */
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { ipBatch, runJson, type Tools } from "../system/tools.ts";
import { type KernelLink, type OverlayCommand, type OverlayKind, type OverlayLink, planLinks } from "./plan.ts";

export interface OverlayOptions {
  readonly kind: OverlayKind;
  readonly port: number;
  readonly hasArp: boolean;
}

// Never wanted by anything, and removed again at once.
const PROBE_LINK = "liqo-probe";

/**
 * Geneve when the kernel has it, VXLAN otherwise. Asked by creating a link, because modules load on demand.
 * `preferred` skips the question.
 */
export async function detectOverlayKind(ctx: Context, tools: Tools, preferred?: OverlayKind): Promise<OverlayKind> {
  if (preferred !== undefined) return preferred;
  try {
    const words = ["type", "geneve", "id", "16777214", "remote", "192.0.2.1", "dstport", "6081"];
    await tools.run(ctx, ["ip", "link", "add", "name", PROBE_LINK, ...words]);
  } catch (error) {
    ctx.log.info("no Geneve in this kernel, using VXLAN", { error: messageOf(error) });
    return "vxlan";
  }
  await tools.run(ctx, ["ip", "link", "del", "dev", PROBE_LINK]);
  return "geneve";
}

/** Resolves to whether anything had to be changed; throws with the first failure after trying all. */
export async function applyLinks(
  ctx: Context,
  tools: Tools,
  wanted: readonly OverlayLink[],
  options: OverlayOptions,
): Promise<boolean> {
  const present = await runJson<KernelLink>(ctx, tools, ["ip", "-4", "-json", "-details", "address", "show"]);
  const commands = planLinks(wanted, present, options);
  const refused = await execute(ctx, tools, commands);
  const others = refused.flatMap(({ link, otherwise = [] }) => otherwise.map((line) => ({ line, link })));
  await execute(ctx, tools, others);
  return commands.length > 0;
}

/** Resolves to the commands that failed and have another in their place. */
async function execute(ctx: Context, tools: Tools, commands: readonly OverlayCommand[]): Promise<OverlayCommand[]> {
  const failures = await ipBatch(
    ctx,
    tools,
    commands.map(({ line }) => line),
  );
  const failed = failures.flatMap(({ line, message }) => {
    const command = commands[line];
    return command === undefined ? [] : [{ command, message }];
  });
  const fatal = failed.find(({ command }) => command.otherwise === undefined);
  if (fatal !== undefined)
    throw new Error(`overlay link ${fatal.command.link}: ip ${fatal.command.line}: ${fatal.message}`);
  return failed.map(({ command }) => command);
}
