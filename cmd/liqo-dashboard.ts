/**
 * liqo-dashboard: `liqoctl dashboard` for one cluster, in that cluster, behind whatever says who may look. It changes
 * nothing. Flags: src/dashboard/server/README.md
 */
import { once } from "node:events";
import { join } from "node:path";
import { type Cluster, findClusterId } from "#cli/cluster.ts";
import { startDashboard } from "#dashboard/server/dashboard.ts";
import { readStaticFiles } from "#dashboard/server/http/static.ts";
import { parseComponentOptions } from "#dashboard/server/options.ts";
import { KubeClient } from "#kube/client/client.ts";
import { ownConfig } from "#kube/client/in-cluster.ts";
import { startHealthServer } from "#kube/health/server.ts";
import { runComponent } from "./process.ts";

await runComponent("liqo-dashboard", "bursts", async (ctx) => {
  const { liqoNamespace, kubeconfig, ...options } = parseComponentOptions(process.argv.slice(2));
  const config = await ownConfig(process.env, kubeconfig);
  using client = new KubeClient(config, "liqo-dashboard");
  const access: Cluster = { client, liqoNamespace, server: config.server, [Symbol.dispose]: () => undefined };
  const name = (await findClusterId(ctx, access)) ?? "local";
  let isReady = false;
  await using _health = await startHealthServer({ port: options.healthPort, isReady: () => isReady });
  await using dashboard = await startDashboard(ctx, {
    ...{ clusters: [{ name, access }], address: undefined, port: options.port, allowedHosts: options.allowedHosts },
    ...{ usesToken: false, actions: undefined, shell: false, historyFile: undefined },
    files: readStaticFiles(join(import.meta.dirname, "dashboard")),
  });
  await dashboard.ready;
  isReady = true;
  ctx.log.info("serving", { port: options.port, cluster: name });
  if (!ctx.signal.aborted) await once(ctx.signal, "abort");
});
