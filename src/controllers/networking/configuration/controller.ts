/**
 * Completes Configurations: own CIDRs, a Network per CIDR of the peer, and where the peer is seen.
 * Upstream: pkg/liqo-controller-manager/networking/configuration-controller
 */

import { ips } from "#api/ipam/ip.ts";
import { type Network, networks } from "#api/ipam/network.ts";
import * as labels from "#api/labels.ts";
import { type Configuration, configurations } from "#api/networking/configuration.ts";
import type { Context } from "#base/context.ts";
import { forgeRemoteNetwork, forgeUnknownSourceIp } from "#forge/networking/configuration.ts";
import { claimsProblem } from "#ipam/claim.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import { type Condition, withCondition } from "#machinery/conditions.ts";
import { controllerOf, keyOf } from "#machinery/meta.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { isAlreadyExists } from "#machinery/status-error.ts";
import type { Deps } from "../../deps.ts";

type Status = NonNullable<Configuration["status"]>;

const CIDR_REFUSED = "CIDRRefused";

export function configurationController(deps: Deps): Controller {
  const informer = deps.informers.for(configurations);
  const networkInformer = deps.informers.for(networks);
  const ipInformer = deps.informers.for(ips);
  const events = deps.events("configuration-controller");
  return {
    name: "configuration",
    watches: [
      watchFor(informer),
      watchMapped(networkInformer, () => informer.store.list().map(keyOf)),
      watchMapped(ipInformer, (ip) =>
        informer.store
          .list(ip.metadata?.namespace)
          .filter((configuration) => forgeUnknownSourceIp(configuration).metadata?.name === ip.metadata?.name)
          .map(keyOf),
      ),
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const configuration = informer.store.get(key);
      if (configuration === undefined || configuration.metadata?.deletionTimestamp !== undefined) return DONE;
      const local = localCidrs(networkInformer.store.list());
      if (local === undefined) return DONE;
      if (!jsonEquals(configuration.spec?.local, { cidr: local })) {
        await deps.client.patch(ctx, configurations, key, "merge", { spec: { local: { cidr: local } } });
        return DONE;
      }
      const owned = networkInformer.store
        .list(key.namespace)
        .filter((network) => controllerOf(network)?.uid === configuration.metadata?.uid);
      const refused = refusalOf(configuration);
      if (refused !== undefined) events.warning(ctx, configuration, CIDR_REFUSED, refused);
      const wanted = refused === undefined ? forgeNetworks(configuration) : [];
      await ensureNetworks(ctx, deps, wanted, owned);
      const status = forgeStatus(configuration, { wanted, owned, refused }, deps.nowMs());
      if (!jsonEquals(status, configuration.status)) {
        await deps.client.updateStatus(ctx, configurations, { ...configuration, status });
        return DONE;
      }
      if (isConfigured(configuration)) {
        const ip = forgeUnknownSourceIp(configuration);
        if (ipInformer.store.get(keyOf(ip)) === undefined) await deps.client.create(ctx, ips, ip).catch(ignoreExisting);
      }
      return DONE;
    },
  };
}

/** Whether all CIDRs of the peer have their place: what gates every other networking controller. */
export function isConfigured(configuration: Configuration): boolean {
  return (
    configuration.status?.conditions?.some(
      ({ type, status }) => type === "NetworkCIDRsConfigured" && status === "True",
    ) === true
  );
}

/** This cluster's own CIDRs, from the Networks of the chart; undefined until they have been allocated. */
export function localCidrs(all: readonly Network[]): { external: string[]; pod: string[] } | undefined {
  const of = (type: string): string[] =>
    all
      .filter(({ metadata }) => metadata?.labels?.[labels.NETWORK_TYPE] === type)
      .flatMap(({ status }) => status?.cidr ?? []);
  const local = { external: of("external-cidr"), pod: of("pod-cidr") };
  return local.external.length === 0 || local.pod.length === 0 ? undefined : local;
}

/** Why the peer's CIDRs cannot be had; undefined when they can. */
function refusalOf({ spec }: Configuration): string | undefined {
  const remote = spec?.remote?.cidr;
  return claimsProblem("pod", remote?.pod ?? []) ?? claimsProblem("external", remote?.external ?? []);
}

function forgeNetworks(configuration: Configuration): Network[] {
  const remote = configuration.spec?.remote?.cidr;
  return (["pod", "external"] as const).flatMap((type) =>
    (remote?.[type] ?? []).map((cidr) => forgeRemoteNetwork(configuration, type, cidr)),
  );
}

async function ensureNetworks(
  ctx: Context,
  deps: Deps,
  wanted: readonly Network[],
  owned: readonly Network[],
): Promise<void> {
  const names = new Set(wanted.map(({ metadata }) => metadata?.name));
  for (const network of owned)
    if (!names.has(network.metadata?.name)) await deps.client.deleteIfPresent(ctx, networks, keyOf(network));
  for (const network of wanted) {
    if (owned.some(({ metadata }) => metadata?.name === network.metadata?.name)) continue;
    await deps.client.create(ctx, networks, network).catch(ignoreExisting);
  }
}

interface Networks {
  readonly wanted: readonly Network[];
  readonly owned: readonly Network[];
  readonly refused: string | undefined;
}

function forgeStatus(configuration: Configuration, { wanted, owned, refused }: Networks, nowMs: number): Status {
  const place = (type: "pod" | "external"): string[] =>
    wanted
      .filter(({ metadata }) => metadata?.labels?.[labels.CIDR_TYPE] === type)
      .flatMap(
        ({ metadata }) => owned.find((network) => network.metadata?.name === metadata?.name)?.status?.cidr ?? [],
      );
  const [pod, external] = [place("pod"), place("external")];
  const isComplete = pod.length + external.length === wanted.length && wanted.length > 0;
  const condition: Condition = isComplete
    ? {
        type: "NetworkCIDRsConfigured",
        status: "True",
        reason: "NetworkCIDRsConfigured",
        message: "All network CIDRs are configured",
      }
    : {
        type: "NetworkCIDRsConfigured",
        status: "False",
        reason: refused === undefined ? "WaitingForNetworks" : CIDR_REFUSED,
        message: refused ?? "Waiting for the network CIDRs to be configured",
      };
  const before = configuration.status?.conditions as Condition[] | undefined;
  const observedGeneration = configuration.metadata?.generation ?? 0;
  const conditions = withCondition<Condition>(before, { ...condition, observedGeneration }, nowMs) as NonNullable<
    Status["conditions"]
  >;
  return { conditions, ...(isComplete && { remote: { cidr: { external, pod } } }) };
}

function ignoreExisting(error: unknown): void {
  if (!isAlreadyExists(error)) throw error;
}
