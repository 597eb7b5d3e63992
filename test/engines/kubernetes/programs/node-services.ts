/**
 * What a genuine node lacks in the lab: cluster DNS at the address that pods ask, and the answer to ARP for load balancer
 * addresses. Usage: node-services <config file>
 */
import { type Context, sleep } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { KubeClient } from "#kube/client/client.ts";
import { configFromFile } from "#kube/client/config.ts";
import { Informer } from "#kube/informer/informer.ts";
import { endpointSlices, nodes, services } from "#machinery/builtin.ts";
import { startDnsServer } from "#playground/dns/server.ts";
import { announcedAddresses, setAnnounced } from "#playground/proxy/load-balancer.ts";
import { readConfig, runMain } from "../../../../cmd/process.ts";

export interface NodeServicesConfig {
  readonly kubeconfig: string;
  readonly nodeName: string;
  readonly dnsAddress: string;
}

const POLL_MS = 200;

if (import.meta.main) {
  await runMain("node-services", async (ctx) => {
    const config = await readConfig<NodeServicesConfig>();
    using client = new KubeClient(configFromFile(config.kubeconfig), "node-services");
    await using serviceInformer = new Informer(ctx, client, services);
    await using slices = new Informer(ctx, client, endpointSlices);
    await using nodeInformer = new Informer(ctx, client, nodes);
    await using _dns = await startDnsServer(ctx, { address: config.dnsAddress, services: serviceInformer, slices });
    await Promise.all([serviceInformer.synced, slices.synced, nodeInformer.synced]);
    let announced: ReadonlySet<string> = new Set();
    while (!ctx.signal.aborted) {
      const wanted = announcedAddresses({
        services: serviceInformer.store.list(),
        slices: slices.store.list(),
        nodes: nodeInformer.store.list(),
        nodeName: config.nodeName,
      });
      announced = await announce(ctx, announced, wanted);
      await sleep(ctx, POLL_MS);
    }
  });
}

async function announce(ctx: Context, before: ReadonlySet<string>, wanted: string[]): Promise<ReadonlySet<string>> {
  try {
    await setAnnounced(ctx, before, wanted);
    return new Set(wanted);
  } catch (error) {
    ctx.log.warn("addresses not announced", { error: messageOf(error) });
    return before;
  }
}
