/** Controllers and scheduler of one embedded cluster. Usage: playground-controllers <config file> */
import { mustParseCidr } from "#base/cidr.ts";
import { KubeClient } from "#kube/client/client.ts";
import { runController } from "#kube/controller/controller.ts";
import { EventRecorder } from "#kube/events/recorder.ts";
import { Informers } from "#kube/informer/informers.ts";
import type { Identity } from "#pki/certificate.ts";
import { allControllers } from "#playground/controllers/all.ts";
import type { Deps } from "#playground/controllers/deps.ts";
import { runScheduler } from "#playground/scheduler/scheduler.ts";
import type { ControllersConfig } from "#playground/supervisor/config.ts";
import { readConfig, runMain } from "./process.ts";

// Kubernetes: --node-monitor-grace-period
const NODE_MONITOR_GRACE_MS = 40_000;

await runMain("playground-controllers", async (ctx) => {
  const config = await readConfig<ControllersConfig>();
  const connect = ({ certificate, privateKey }: Identity, name: string): KubeClient =>
    new KubeClient({ server: config.server, ca: config.ca.certificate, cert: certificate, key: privateKey }, name);
  using client = connect(config.controllerManager, "kube-controller-manager");
  using schedulerClient = connect(config.scheduler, "kube-scheduler");
  await using informers = new Informers(ctx, client);
  const deps: Deps = {
    client,
    informers,
    events: new EventRecorder(client, { component: "controllermanager" }),
    nowMs: Date.now,
    settings: {
      caCert: config.ca.certificate,
      caKey: config.ca.privateKey,
      volumes: config.volumes,
      podCidr: mustParseCidr(config.podCidr),
      nodeCidrPrefix: 24,
      nodeMonitorGraceMs: NODE_MONITOR_GRACE_MS,
      ...(config.loadBalancerRange !== undefined && { loadBalancerRange: config.loadBalancerRange }),
    },
  };
  const scheduler = runScheduler(ctx, {
    client: schedulerClient,
    informers,
    events: new EventRecorder(schedulerClient, { component: "default-scheduler" }),
    nowMs: Date.now,
    random: Math.random,
  });
  await Promise.all([scheduler, ...allControllers.map((factory) => runController(ctx, factory(deps)))]);
});
