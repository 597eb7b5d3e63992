/**
 * The agent of one node: overlay links to the gateways, policy routing towards them, NAT exceptions.
 * When it ends, what it set up stays, so that an upgrade interrupts nothing; when its DaemonSet is removed it cleans up.
 * Upstream: cmd/fabric, pkg/fabric
 */
import * as finalizers from "#api/finalizers.ts";
import { firewallConfigurations } from "#api/networking/firewallconfiguration.ts";
import { routeConfigurations } from "#api/networking/routeconfiguration.ts";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { Metrics } from "#base/metrics.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { hasFinalizer } from "#kube/controller/finalizer.ts";
import { EventRecorder } from "#kube/events/recorder.ts";
import { startHealthServer } from "#kube/health/server.ts";
import { Informers } from "#kube/informer/informers.ts";
import type { Resource } from "#machinery/gvk.ts";
import { type Agents, configurationAgents } from "../configurations/agents.ts";
import { type HostedObject, releaseHost } from "../configurations/host-status.ts";
import { firewallApplier } from "../nftables/firewall.ts";
import { overlayAgent } from "../overlay/agent.ts";
import { applyLinks } from "../overlay/overlay.ts";
import { PastBridges, removePastBridges } from "../overlay/past-bridges.ts";
import { nodeLinks } from "../overlay/plan.ts";
import { PathAgent } from "../paths/agent.ts";
import { applyDisguise } from "../paths/disguise.ts";
import { routeApplier } from "../route/routes.ts";
import { type Machine, THIS_MACHINE } from "../system/machine.ts";
import { monitorNetwork } from "../system/monitor.ts";
import { ensureForwarding } from "../system/sysctl.ts";
import type { Tools } from "../system/tools.ts";
import { internalNodeAgent } from "./internal-node.ts";
import type { FabricOptions } from "./options.ts";
import { followDaemonSet, isPodLive, isUninstalling } from "./peers.ts";

const COMPONENT = "liqo-fabric";
// Part of the pod's grace period of 30 s.
const FAREWELL_MS = 8_000;

export async function runFabric(
  ctx: Context,
  client: KubeClient,
  options: FabricOptions,
  machine = THIS_MACHINE,
): Promise<void> {
  const fabric = { client, options, machine };
  let isReady = false;
  await using servers = new AsyncDisposableStack();
  const { healthPort, metricsPort, nodeName } = options;
  servers.use(await startHealthServer({ port: healthPort, isReady: () => isReady }));
  const { metrics = new Metrics() } = ctx;
  let paths: PathAgent | undefined;
  const ofAll = { render: () => metrics.render() + (paths?.render() ?? "") };
  servers.use(await startHealthServer({ port: metricsPort, metrics: ofAll }));
  ensureForwarding(machine.sysctls);
  let isRemoved: () => boolean;
  {
    await using informers = new Informers(ctx, client);
    isRemoved = followDaemonSet(informers, { namespace: client.namespace, name: options.podName });
    const agents = fabricAgents(ctx, fabric, informers);
    const bridges = new PastBridges(machine, options.overlayPort);
    const overlay = overlayAgent({
      informers,
      machine,
      kind: options.overlay,
      port: options.overlayPort,
      hasArp: options.hasArp,
      links: (objects) => {
        const links = nodeLinks(nodeName, objects);
        bridges.follow(links.map(({ remote }) => remote));
        return links;
      },
      changed: () => agents.routes.trigger(),
    });
    const { probeIntervalMs: intervalMs } = options;
    if (intervalMs !== undefined) paths = new PathAgent({ client, informers, machine, nodeName, intervalMs });
    const node = internalNodeAgent(client, informers, machine, nodeName);
    void informers.synced().then(() => {
      isReady = true;
    });
    await Promise.all([
      ...[overlay, bridges.loop, node, agents.routes, agents.firewall, paths?.loop].map((loop) => loop?.run(ctx)),
      ...(options.followsRoutes ? [monitorNetwork(ctx, machine, [overlay, bridges.loop, agents.routes])] : []),
    ]);
  }
  await leave(ctx, fabric, isRemoved());
}

interface Fabric {
  readonly client: KubeClient;
  readonly options: FabricOptions;
  readonly machine: Machine;
}

function fabricAgents(ctx: Context, fabric: Fabric, informers: Informers): Agents {
  const { client, options, machine } = fabric;
  const { nodeName, podName, restoresDrift } = options;
  return configurationAgents({
    ...{ client, informers, restoresDrift, machine },
    events: new EventRecorder(client, { component: COMPONENT, host: nodeName }, machine.clock),
    place: { category: "fabric", nodeName },
    host: podName,
    isLive: isLiveHere(ctx, fabric),
  });
}

/** Whether the fabric pod of that name lives. */
function isLiveHere(ctx: Context, { client, machine }: Fabric): (host: string) => Promise<boolean> {
  return (name) => isPodLive(ctx, client, { namespace: client.namespace, name }, machine.clock);
}

/** `isRemoved`: its DaemonSet was seen to go; otherwise the API server is asked. */
async function leave(ctx: Context, fabric: Fabric, isRemoved: boolean): Promise<void> {
  const { client, machine } = fabric;
  const { podName } = fabric.options;
  const farewell: Context = { signal: AbortSignal.timeout(FAREWELL_MS), log: ctx.log };
  try {
    if (!isRemoved && !(await isUninstalling(farewell, client, client.namespace, podName))) return;
  } catch (error) {
    ctx.log.warn("cannot tell whether Liqo is being uninstalled, the data plane stays", { error: messageOf(error) });
    return;
  }
  try {
    await removeEverything(farewell, machine.tools);
    await releaseAll(farewell, fabric, routeConfigurations, finalizers.ROUTE_CONFIGURATION);
    await releaseAll(farewell, fabric, firewallConfigurations, finalizers.FIREWALL_CONFIGURATION);
    ctx.log.info("removed links, routes and tables of this node");
  } catch (error) {
    ctx.log.warn("Liqo is being uninstalled, and not all of it could be removed", { error: messageOf(error) });
  }
}

/** All that carries our marks in this network namespace, whoever made it. */
async function removeEverything(ctx: Context, tools: Tools): Promise<void> {
  await firewallApplier(tools).apply(ctx, []);
  await routeApplier(tools).apply(ctx, []);
  await removePastBridges(ctx, tools);
  await applyDisguise(ctx, tools, undefined);
  await applyLinks(ctx, tools, [], { kind: "vxlan", port: 0, hasArp: true });
}

/** Without this the objects could never be deleted: nobody would be left to remove the finalizer. */
async function releaseAll<T extends HostedObject>(
  ctx: Context,
  fabric: Fabric,
  resource: Resource<T>,
  finalizer: string,
): Promise<void> {
  const { client, options } = fabric;
  const own = { host: options.podName, finalizer, isLive: isLiveHere(ctx, fabric) };
  const { items } = await client.list(ctx, resource);
  for (const object of items) {
    if (!hasFinalizer(object, finalizer)) continue;
    await releaseHost(ctx, client, resource, object, own);
  }
}
