/**
 * One virtual node: the Node itself, the reflection of what its pods need, and the kubelet API for those pods. Holds no
 * state outside its arguments, so that one process could run several. Upstream: cmd/virtual-kubelet/root/root.go
 */
import type { Node } from "kubernetes-types/core/v1";
import { foreignClusters } from "#api/core/foreigncluster.ts";
import { ips } from "#api/ipam/ip.ts";
import { namespaceMaps } from "#api/offloading/namespace.ts";
import { type VirtualNode, virtualNodes } from "#api/offloading/virtualnode.ts";
import type { Clock } from "#base/clock.ts";
import { type Context, sleep } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { Metrics } from "#base/metrics.ts";
import type { ReflectionScope } from "#forge/reflected-metadata.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { type ElectionOptions, runElected } from "#kube/election/leader.ts";
import { EventRecorder } from "#kube/events/recorder.ts";
import { startHealthServer } from "#kube/health/server.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { Informers } from "#kube/informer/informers.ts";
import { nodes, pods } from "#machinery/builtin.ts";
import { nodeReflectors, sharedReflectors } from "#reflection/all.ts";
import type { ReflectionDeps } from "#reflection/deps.ts";
import { HomeView } from "#reflection/home-view.ts";
import { ReflectionMetrics } from "#reflection/metrics.ts";
import { mappingsTo, runNamespacePairs } from "#reflection/namespaces.ts";
import { ended } from "./ended.ts";
import { runNode } from "./node/node.ts";
import { ProviderConnection } from "./provider.ts";
import { startKubeletServer } from "./server/server.ts";
import type { VirtualKubeletSettings } from "./settings.ts";

/** Upstream's name for the election among the virtual kubelets of one provider. */
const SHARED_LEASE = "virtual-kubelet-leader-election";

export interface VirtualKubeletOptions {
  readonly client: KubeClient;
  readonly settings: VirtualKubeletSettings;
  /** Tells replicas apart. */
  readonly identity: string;
  readonly clock: Clock;
}

/** Waits to be the active replica, then runs until the context ends. Rejects when the lease is lost. */
export async function runVirtualKubelet(ctx: Context, options: VirtualKubeletOptions): Promise<void> {
  const { healthPort, nodeName } = options.settings;
  // A replica that waits is as ready as it can be: were it not, an update would wait for it to lead.
  const health = { isReady: true };
  await using _health = await startHealthServer({ port: healthPort, isReady: () => health.isReady });
  const lead = (leading: Context): Promise<void> => runActive(leading, options, health);
  const election = electionFor(options, nodeName);
  // Awaited here: what is in use is disposed of when this function returns.
  if (election === undefined) return await lead(ctx);
  await runElected(ctx, options.client, election, lead);
}

async function runActive(ctx: Context, options: VirtualKubeletOptions, health: { isReady: boolean }): Promise<void> {
  health.isReady = false;
  const { client, settings, clock } = options;
  const { foreignClusterId, tenantNamespace } = settings;
  await using informers = new Informers(ctx, client);
  const virtual = informers.for(virtualNodes, { namespace: tenantNamespace });
  const maps = informers.for(namespaceMaps, { namespace: tenantNamespace });
  const provider = new ProviderConnection();
  const { metrics = new Metrics() } = ctx;
  const home = homeParts(
    options,
    informers,
    virtual,
    new ReflectionMetrics(metrics, foreignClusterId, settings.nodeName),
  );
  await using _server = await startKubeletServer(ctx, {
    settings,
    local: client,
    provider: () => provider.client,
    localPods: home.localPods,
    remoteNamespace: (namespace) => mappingsTo(maps, foreignClusterId).get(namespace),
    clock,
  });
  await using _metrics = await startHealthServer({ port: settings.metricsPort, metrics });
  await Promise.race([virtual.synced, ended(ctx)]);
  health.isReady = true;
  const scope = scopeOf(settings, home.virtualNode());
  await Promise.all([
    runNode(ctx, {
      client,
      informers,
      settings,
      virtual,
      foreign: informers.for(foreignClusters),
      provider: () => provider.client,
      clock,
    }),
    provider.run(
      ctx,
      { informers, namespace: tenantNamespace, secretName: settings.kubeconfigSecret },
      async (session, remote) => {
        const deps: ReflectionDeps = { ...home, remote, scope };
        await Promise.all([
          runNamespacePairs(session, deps, maps, nodeReflectors),
          runShared(session, options, (leading) => runNamespacePairs(leading, deps, maps, sharedReflectors)),
        ]);
      },
    ),
  ]);
}

/** What reflection needs of the local cluster, whatever the session with the provider. */
function homeParts(
  { client, settings, clock }: VirtualKubeletOptions,
  informers: Informers,
  virtual: Informer<VirtualNode>,
  metrics: ReflectionMetrics,
): Omit<ReflectionDeps, "remote" | "scope"> {
  const { nodeName, tenantNamespace } = settings;
  const maps = informers.for(namespaceMaps, { namespace: tenantNamespace });
  const recorder = new EventRecorder(client, { component: "virtual-kubelet" }, clock);
  const recorders = new Map<string, EventRecorder>();
  return {
    settings: settings.reflection,
    local: client,
    metrics,
    clock,
    homeView: new HomeView(informers),
    twins: () => mappingsTo(maps, settings.foreignClusterId),
    localMaps: maps,
    virtualNode: () => virtual.store.get({ namespace: tenantNamespace, name: nodeName }),
    localPods: informers.for(pods, { fieldSelector: `spec.nodeName=${nodeName}` }),
    localNodes: informers.for(nodes, { transform: labelsOnly }),
    localIps: informers.for(ips),
    localPeers: informers.for(foreignClusters),
    events: (component) => {
      const own = recorders.get(component) ?? recorder.as(component);
      recorders.set(component, own);
      return own;
    },
  };
}

/** A changed offloading patch restarts the virtual kubelet, so it is read once. */
function scopeOf(settings: VirtualKubeletSettings, virtual: VirtualNode | undefined): ReflectionScope {
  const patch = virtual?.spec?.offloadingPatch;
  return {
    origin: settings.homeClusterId,
    destination: settings.foreignClusterId,
    nodeName: settings.nodeName,
    labelsNotReflected: patch?.labelsNotReflected ?? [],
    annotationsNotReflected: patch?.annotationsNotReflected ?? [],
  };
}

/** Runs while elected, again and again: losing this lease is no reason to stop the node's own pods. */
async function runShared(
  ctx: Context,
  options: VirtualKubeletOptions,
  lead: (ctx: Context) => Promise<void>,
): Promise<void> {
  const election = electionFor(options, SHARED_LEASE);
  if (election === undefined) return lead(ctx);
  while (!ctx.signal.aborted) {
    try {
      await runElected(ctx, options.client, election, lead);
    } catch (error) {
      ctx.log.warn("no longer reflects shared objects", { error: messageOf(error) });
      await sleep(ctx, election.retryMs ?? 0, options.clock);
    }
  }
}

function electionFor({ settings, identity, clock }: VirtualKubeletOptions, name: string): ElectionOptions | undefined {
  if (settings.election === undefined) return undefined;
  return { lease: { namespace: settings.tenantNamespace, name }, identity, clock, ...settings.election };
}

/** Reflection asks nodes for nothing else. */
function labelsOnly({ apiVersion, kind, metadata }: Node): Node {
  const { name, uid, resourceVersion, labels } = metadata ?? {};
  return {
    ...(apiVersion !== undefined && { apiVersion: "v1" as const }),
    ...(kind !== undefined && { kind: "Node" as const }),
    metadata: {
      ...(name !== undefined && { name }),
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(labels !== undefined && { labels }),
    },
  };
}
