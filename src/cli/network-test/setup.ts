/** Makes what the checks need, and takes it away. Repeatable. Upstream: pkg/liqoctl/test/network/setup */
import type { Namespace } from "kubernetes-types/core/v1";
import { ips } from "#api/ipam/ip.ts";
import { namespaceOffloadings } from "#api/offloading/namespace.ts";
import { type Context, sleep, withTimeout } from "#base/context.ts";
import { deployments, endpointSlices, namespaces, services } from "#machinery/builtin.ts";
import { keyOf } from "#machinery/meta.ts";
import { waitFor } from "../cluster.ts";
import { isRolledOut } from "../commands/install/rollout.ts";
import { forgeOffloading, selectedClusters } from "../commands/offload/namespace.ts";
import { CliError } from "../errors.ts";
import { OFFLOADING_NAME } from "../namespaces.ts";
import {
  forgeHosts,
  forgeIp,
  forgeServers,
  forgeService,
  type Image,
  NAMESPACE_OF_HOSTS,
  OFFLOADED_NAMESPACE,
} from "./forge.ts";
import { findImage, type Member, runsPods } from "./members.ts";
import { APP, HOST_NAMESPACE, LOAD_BALANCER_SERVICE, NAMESPACE, NODE_PORT_SERVICE } from "./names.ts";
import type { TestOptions } from "./options.ts";
import { readyAddresses } from "./targets.ts";

const POLL_MS = 500;
/** How long reflection and endpoints may take once all pods are ready. */
const SETTLED_MS = 60_000;

/** By the id of each cluster: the pods' addresses as it sees them. */
export type PodAddresses = ReadonlyMap<string, readonly string[]>;

export async function setUp(
  ctx: Context,
  members: readonly Member[],
  consumer: Member,
  options: TestOptions,
): Promise<PodAddresses> {
  const { client } = consumer.cluster;
  await client.apply(ctx, namespaces, OFFLOADED_NAMESPACE);
  await offload(ctx, members, consumer, options.timeoutMs);
  await applyServices(ctx, consumer, options);
  const image = await findImage(ctx, consumer.cluster);
  await Promise.all(members.map((member) => deploy(ctx, member, consumer, image, options)));
  if (options.ip && !options.basic)
    await Promise.all(members.map((member) => applyIp(ctx, member, options.external.address)));
  const total = members.reduce((sum, { nodes }) => sum + nodes.filter(runsPods).length, 0);
  const found = members.map(async (member) => [member.id, await waitForAddresses(ctx, member, total)] as const);
  return new Map(await Promise.all(found));
}

async function offload(
  ctx: Context,
  members: readonly Member[],
  { cluster }: Member,
  timeoutMs: number,
): Promise<void> {
  const strategy = { podOffloadingStrategy: "LocalAndRemote", namespaceMappingStrategy: "EnforceSameName" } as const;
  const wanted = forgeOffloading(NAMESPACE, { ...strategy, remoteNamespaceName: undefined, selectors: [], timeoutMs });
  await cluster.client.apply(ctx, namespaceOffloadings, wanted);
  const key = { namespace: NAMESPACE, name: OFFLOADING_NAME };
  const providers = members.filter(({ isConsumer }) => !isConsumer).map(({ id }) => id);
  const ready = await waitFor(ctx, cluster.client, namespaceOffloadings, key, {
    until: (object) => {
      const { observedGeneration, offloadingPhase = "" } = object?.status ?? {};
      return observedGeneration === object?.metadata?.generation && !["", "InProgress"].includes(offloadingPhase);
    },
    timeoutMs,
    what: "offloading still in progress",
  });
  const missing = providers.filter((id) => !selectedClusters(ready?.status).includes(id));
  if (ready?.status?.offloadingPhase !== "Ready" || missing.length > 0)
    throw new CliError(`namespace ${NAMESPACE} is not offloaded: ${ready?.status?.offloadingPhase}`, {
      hint: `see \`kubectl describe namespaceoffloading -n ${NAMESPACE}\``,
    });
}

async function applyServices(ctx: Context, { cluster }: Member, { lb }: TestOptions): Promise<void> {
  const wanted = [
    forgeService(APP, "ClusterIP"),
    forgeService(NODE_PORT_SERVICE, "NodePort"),
    ...(lb ? [forgeService(LOAD_BALANCER_SERVICE, "LoadBalancer")] : []),
  ];
  await Promise.all(wanted.map((service) => cluster.client.apply(ctx, services, service)));
}

async function deploy(
  ctx: Context,
  member: Member,
  consumer: Member,
  image: Image,
  { basic, timeoutMs }: TestOptions,
): Promise<void> {
  const size = { clusterId: member.id, replicas: member.nodes.filter(runsPods).length };
  const servers = applyAndWait(ctx, consumer, forgeServers(size, image, member.isConsumer), timeoutMs);
  if (basic) return servers;
  await member.cluster.client.apply(ctx, namespaces, NAMESPACE_OF_HOSTS);
  await Promise.all([servers, applyAndWait(ctx, member, forgeHosts(size, image), timeoutMs)]);
}

async function applyAndWait(
  ctx: Context,
  { cluster: { client } }: Member,
  deployment: ReturnType<typeof forgeHosts>,
  timeoutMs: number,
): Promise<void> {
  await client.apply(ctx, deployments, deployment);
  const key = keyOf(deployment);
  await waitFor(ctx, client, deployments, key, {
    until: isRolledOut,
    timeoutMs,
    what: `not ready; see \`kubectl get pods -n ${key.namespace}\``,
  });
}

async function applyIp(ctx: Context, { cluster: { client } }: Member, address: string): Promise<void> {
  const ip = forgeIp(address);
  await client.apply(ctx, ips, ip);
  await waitFor(ctx, client, ips, keyOf(ip), {
    until: (found) => found?.status?.ip !== undefined,
    timeoutMs: SETTLED_MS,
    what: "no address stands for it",
  });
}

async function waitForAddresses(ctx: Context, { id, cluster }: Member, total: number): Promise<readonly string[]> {
  const limited = withTimeout(ctx, SETTLED_MS);
  const scope = { namespace: NAMESPACE, labelSelector: `kubernetes.io/service-name=${APP}` };
  for (;;) {
    const { items } = await cluster.client.list(ctx, endpointSlices, scope);
    const addresses = readyAddresses(items);
    if (addresses.length === total) return addresses;
    if (limited.signal.aborted)
      throw new CliError(`${id}: expected ${total} endpoints of Service ${NAMESPACE}/${APP}, got ${addresses.length}`, {
        hint: `see \`kubectl get endpointslices -n ${NAMESPACE}\` there`,
      });
    await sleep(limited, POLL_MS);
  }
}

/** Waits until nothing is left, at the providers neither. */
export async function tearDown(ctx: Context, members: readonly Member[], timeoutMs: number): Promise<void> {
  await Promise.all(
    members.map(async (member) => {
      // The twins go with the consumer's own.
      const names = member.isConsumer ? [NAMESPACE, HOST_NAMESPACE] : [HOST_NAMESPACE];
      await Promise.all(names.map((name) => removeNamespace(ctx, member, name, timeoutMs)));
    }),
  );
}

async function removeNamespace(ctx: Context, member: Member, name: string, timeoutMs: number): Promise<void> {
  const { client } = member.cluster;
  if ((await client.find(ctx, namespaces, { name })) === undefined) return;
  await client.delete(ctx, namespaces, { name });
  const until = (found: Namespace | undefined): boolean => found === undefined;
  await waitFor(ctx, client, namespaces, { name }, { until, timeoutMs, what: `still there in ${member.id}` });
}
