/** liqo-proxy: the way to this cluster's API server for peers that reach it in-band. Flags: src/proxy/README.md */
import { once } from "node:events";
import { startHealthServer } from "#kube/health/server.ts";
import { proxyMetrics } from "#proxy/metrics.ts";
import { parseProxyOptions } from "#proxy/options.ts";
import { startConnectProxy } from "#proxy/server.ts";
import { runComponent } from "./process.ts";

await runComponent("liqo-proxy", "seldom", async (ctx) => {
  const options = parseProxyOptions(process.argv.slice(2));
  const { metrics } = ctx;
  await using _health = await startHealthServer({ port: options.healthPort });
  await using _metrics = await startHealthServer({ port: options.metricsPort, metrics });
  await using proxy = await startConnectProxy(ctx, options);
  proxyMetrics(metrics, proxy);
  ctx.log.info("serving", { port: proxy.port });
  if (!ctx.signal.aborted) await once(ctx.signal, "abort");
});
