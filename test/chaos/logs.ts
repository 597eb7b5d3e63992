/** What Liqo's programs said during a step that did not end well: their clusters are gone when somebody asks. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Pod } from "kubernetes-types/core/v1";
import { pods } from "#machinery/builtin.ts";
import type { World } from "./world.ts";

const FOLDER = join(import.meta.dirname, "../../.build/chaos");

/** Keeps the logs since then, a file per pod, and gives their folder. */
export async function keepLogs(world: World, title: string, sinceMs: number): Promise<string> {
  const folder = join(FOLDER, title);
  mkdirSync(folder, { recursive: true });
  const seconds = Math.ceil((performance.now() - sinceMs) / 1_000);
  for (const [cluster, client] of [["milan", world.home] as const, ["rome", world.provider] as const]) {
    const { items } = await client.list(world.ctx, pods);
    for (const { metadata } of items.filter(isLiqos)) {
      const { namespace = "", name = "" } = metadata ?? {};
      const args = ["logs", name, "-n", namespace, "--all-containers", `--since=${seconds}s`];
      const { stdout, stderr } = await world.clusters.tryKubectl(cluster, args);
      writeFileSync(join(folder, `${cluster}.${name}.log`), stdout + stderr);
    }
  }
  return folder;
}

function isLiqos({ metadata }: Pod): boolean {
  return metadata?.namespace === "liqo" || metadata?.namespace?.startsWith("liqo-tenant-") === true;
}
