/** The virtual kubelet of one virtual node. Usage: src/virtual-kubelet/README.md */
import { hostname } from "node:os";
import { systemClock } from "#base/clock.ts";
import { KubeClient } from "#kube/client/client.ts";
import { ownConfig } from "#kube/client/in-cluster.ts";
import { parseSettings } from "#virtual-kubelet/settings.ts";
import { runVirtualKubelet } from "#virtual-kubelet/virtual-kubelet.ts";
import { runComponent } from "./process.ts";
import { startTracing } from "./tracing.ts";

await runComponent("virtual-kubelet", "bursts", async (main) => {
  const { env } = process;
  const settings = parseSettings(process.argv.slice(2), env["KUBERNETES_SERVICE_PORT"] ?? "443");
  const { homeClusterId, tracing } = settings;
  await using tracer = startTracing(main, "virtual-kubelet", homeClusterId, { ...env, ...tracing });
  const ctx = { ...main, ...(tracer !== undefined && { tracer }) };
  using client = new KubeClient(await ownConfig(env, settings.homeKubeconfig), "virtual-kubelet", ctx);
  await runVirtualKubelet(ctx, { client, settings, identity: env["POD_NAME"] ?? hostname(), clock: systemClock });
});
