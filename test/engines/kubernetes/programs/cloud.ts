/** The cloud around one genuine cluster: load balancer addresses, volumes and an image registry. Usage: cloud <config file> */
import { type Context, sleep } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { KubeClient } from "#kube/client/client.ts";
import { configFromFile } from "#kube/client/config.ts";
import { runController } from "#kube/controller/controller.ts";
import { EventRecorder } from "#kube/events/recorder.ts";
import { Informers } from "#kube/informer/informers.ts";
import { storageClasses } from "#machinery/builtin.ts";
import { isAlreadyExists } from "#machinery/status-error.ts";
import { loadBalancerController } from "#playground/controllers/load-balancer/controller.ts";
import { localPathProvisioner } from "#playground/controllers/local-path-provisioner/controller.ts";
import { LOCAL_PATH } from "#playground/controllers/local-path-provisioner/volume.ts";
import { localPathReclaimer } from "#playground/controllers/local-path-reclaimer/controller.ts";
import { readConfig, runMain } from "../../../../cmd/process.ts";
import { startRegistry } from "../images/registry.ts";

const RETRY_MS = 500;

export interface CloudConfig {
  readonly kubeconfig: string;
  readonly registry: { readonly address: string; readonly port: number; readonly layout: string };
  /** Folder of the volumes of the class `local-path`. */
  readonly volumes: string;
  readonly loadBalancerRange?: { readonly first: string; readonly last: string };
}

if (import.meta.main) {
  await runMain("cloud", async (ctx) => {
    const config = await readConfig<CloudConfig>();
    await using _registry = await startRegistry(config.registry);
    using client = new KubeClient(configFromFile(config.kubeconfig), "cloud-controller-manager");
    await using informers = new Informers(ctx, client);
    const common = { client, informers, nowMs: Date.now };
    const { loadBalancerRange, volumes } = config;
    const balancing = {
      ...common,
      events: new EventRecorder(client, { component: "service-controller" }),
      settings: loadBalancerRange === undefined ? {} : { loadBalancerRange },
    };
    const provisioning = {
      ...common,
      events: new EventRecorder(client, { component: LOCAL_PATH }),
      settings: { volumes },
    };
    await ensureClass(ctx, client);
    const controllers = [
      loadBalancerController(balancing),
      localPathProvisioner(provisioning),
      localPathReclaimer(provisioning),
    ];
    await Promise.all(controllers.map((controller) => runController(ctx, controller)));
  });
}

/** The default class, as the embedded engine has it. */
async function ensureClass(ctx: Context, client: KubeClient): Promise<void> {
  const annotations = { "storageclass.kubernetes.io/is-default-class": "true" };
  while (!ctx.signal.aborted) {
    try {
      await client.create(ctx, storageClasses, {
        metadata: { name: "local-path", annotations },
        provisioner: LOCAL_PATH,
        reclaimPolicy: "Delete",
        volumeBindingMode: "WaitForFirstConsumer",
      });
      return;
    } catch (error) {
      if (isAlreadyExists(error)) return;
      ctx.log.info("no storage class yet", { error: messageOf(error) });
      await sleep(ctx, RETRY_MS);
    }
  }
}
