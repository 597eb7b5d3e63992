/**
 * liqo-controller-manager: controllers, replication to peers and admission webhooks of one cluster.
 * Upstream spreads these over liqo-controller-manager, liqo-crd-replicator, liqo-webhook and liqo-ipam; flags keep their names.
 */
import { HEALTH_ADDRESS } from "#api/annotations.ts";
import { systemClock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import { allControllers } from "#controllers/all.ts";
import type { Deps } from "#controllers/deps.ts";
import { KubeClient } from "#kube/client/client.ts";
import { inClusterConfig } from "#kube/client/in-cluster.ts";
import { type Controller, runController } from "#kube/controller/controller.ts";
import { WatchedElection } from "#kube/election/watched.ts";
import { EventRecorder } from "#kube/events/recorder.ts";
import { startHealthServer } from "#kube/health/server.ts";
import { Informers } from "#kube/informer/informers.ts";
import { replicationControllers } from "#replication/replicator.ts";
import { serveWebhooks } from "#webhooks/serve.ts";
import { parseManagerOptions } from "./liqo-controller-manager/options.ts";
import { runComponent } from "./process.ts";
import { startTracing } from "./tracing.ts";

await runComponent("liqo-controller-manager", "bursts", async (main, beforeEnd) => {
  const options = parseManagerOptions(process.argv.slice(2));
  await using tracer = startTracing(main, "liqo-controller-manager", options.settings.clusterId, process.env);
  const ctx = { ...main, ...(tracer !== undefined && { tracer }) };
  const config = inClusterConfig(process.env);
  const { metrics } = ctx;
  using client = new KubeClient(config, "liqo-controller-manager", { marks: options.marks, metrics });
  await using informers = new Informers(ctx, client);
  const settings = { ...options.settings, ca: options.caOverride ?? config.ca ?? "" };
  const { clusterId, liqoNamespace, podCidr, vkOptionsTemplate, runtimeClass, storageClass } = settings;
  const recorder = new EventRecorder(client, { component: "liqo-controller-manager" });
  const deps: Deps = {
    client,
    informers,
    events: (component) => recorder.as(component),
    clock: systemClock,
    settings,
  };
  let ready = false;
  await using _health = await startHealthServer({ port: options.healthPort, isReady: () => ready, metrics });
  await using _metrics = await startHealthServer({ port: options.metricsPort, metrics });
  const serving = serveWebhooks(ctx, {
    ...options.webhooks,
    client,
    informers,
    clusterId,
    liqoNamespace,
    podCidr,
    vkOptionsTemplate,
    runtimeClass,
    storageClass,
    clock: systemClock,
    ready: () => {
      ready = true;
    },
    beforeEnd,
  });
  // Made before there is anything for them to do: a replica that waits has its informers filled, as controller-runtime's.
  const controllers = [...allControllers(deps, options.modules), ...replicationControllers({ ...deps, clusterId })];
  const lead = async (leading: Context): Promise<void> => {
    const withWorkers = (each: Controller): Controller => ({
      ...each,
      workers: options.workers[each.name] ?? each.workers ?? 1,
    });
    await Promise.all(controllers.map((each) => runController(leading, withWorkers(each))));
  };
  const identity = process.env["POD_NAME"] ?? `pid-${process.pid}`;
  const lease = { namespace: liqoNamespace, name: "66cf253f.ctrlmgr.liqo.io" };
  const health = { annotation: HEALTH_ADDRESS, ip: process.env["POD_IP"], port: options.healthPort };
  const leading = options.elects
    ? new WatchedElection(client, informers, { lease, identity, health }).run(ctx, lead)
    : lead(ctx);
  await Promise.all([serving, leading]);
});
