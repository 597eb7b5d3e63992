/**
 * The chart's hook before it is deleted: refuses while anything depends on Liqo, then has the controllers remove what they
 * alone can. Upstream: cmd/uninstaller
 */
import { checkUnused, removeOwnObjects } from "#cli/commands/uninstall/clear.ts";
import { CliError } from "#cli/errors.ts";
import { KubeClient } from "#kube/client/client.ts";
import { inClusterConfig } from "#kube/client/in-cluster.ts";
import { runMain } from "./process.ts";

// Less than Helm waits for a hook.
const TIMEOUT_MS = 120_000;

await runMain("liqo-uninstaller", async (ctx) => {
  using client = new KubeClient(inClusterConfig(process.env), "liqo-uninstaller");
  try {
    await checkUnused(ctx, client);
    await removeOwnObjects(ctx, { client, liqoNamespace: process.env["POD_NAMESPACE"] ?? "liqo" }, TIMEOUT_MS);
  } catch (cause) {
    if (!(cause instanceof CliError)) throw cause;
    throw new Error(cause.hint === undefined ? cause.message : `${cause.message}: ${cause.hint}`, { cause });
  }
});
