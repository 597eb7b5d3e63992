/** The cloud around one genuine cluster: load balancer addresses and an image registry. Usage: cloud <config file> */
import { KubeClient } from "#kube/client/client.ts";
import { configFromFile } from "#kube/client/config.ts";
import { runController } from "#kube/controller/controller.ts";
import { EventRecorder } from "#kube/events/recorder.ts";
import { Informers } from "#kube/informer/informers.ts";
import { loadBalancerController } from "#playground/controllers/load-balancer/controller.ts";
import { readConfig, runMain } from "../../../../cmd/process.ts";
import { startRegistry } from "../images/registry.ts";

export interface CloudConfig {
  readonly kubeconfig: string;
  readonly registry: { readonly address: string; readonly port: number; readonly layout: string };
  readonly loadBalancerRange?: { readonly first: string; readonly last: string };
}

if (import.meta.main) {
  await runMain("cloud", async (ctx) => {
    const config = await readConfig<CloudConfig>();
    await using _registry = await startRegistry(config.registry);
    using client = new KubeClient(configFromFile(config.kubeconfig), "cloud-controller-manager");
    await using informers = new Informers(ctx, client);
    const controller = loadBalancerController({
      client,
      informers,
      events: new EventRecorder(client, { component: "service-controller" }),
      nowMs: Date.now,
      settings: config.loadBalancerRange === undefined ? {} : { loadBalancerRange: config.loadBalancerRange },
    });
    await runController(ctx, controller);
  });
}
