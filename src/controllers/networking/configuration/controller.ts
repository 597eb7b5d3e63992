/**
 * Completes Configurations: own CIDRs, a Network per CIDR of the peer, and where the peer is seen. Writes Configurations,
 * Networks and IPs. Upstream: pkg/liqo-controller-manager/networking/configuration-controller
 */
import { type IP, ips } from "#api/ipam/ip.ts";
import { type Network, networks } from "#api/ipam/network.ts";
import { type Configuration, configurations } from "#api/networking/configuration.ts";
import type { Context } from "#base/context.ts";
import { forgeUnknownSourceIp } from "#forge/networking/configuration.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import type { Deps } from "../../deps.ts";
import { planConfiguration } from "./plan.ts";
import { CIDR_REFUSED, configurationStatus, isConfigured } from "./status.ts";

interface Work {
  readonly deps: Deps;
  readonly configurations: Informer<Configuration>;
  readonly networks: Informer<Network>;
  readonly ips: Informer<IP>;
  readonly events: EventRecorder;
}

export function configurationController(deps: Deps): Controller {
  const work: Work = {
    deps,
    configurations: deps.informers.for(configurations),
    networks: deps.informers.for(networks),
    ips: deps.informers.for(ips),
    events: deps.events("configuration-controller"),
  };
  const all = work.configurations.store;
  return {
    name: "configuration",
    watches: [
      watchFor(work.configurations),
      watchMapped(work.networks, () => all.list().map(keyOf)),
      watchMapped(work.ips, (ip) =>
        all
          .list(ip.metadata?.namespace)
          .filter((configuration) => forgeUnknownSourceIp(configuration).metadata?.name === ip.metadata?.name)
          .map(keyOf),
      ),
    ],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const { deps } = work;
  const configuration = work.configurations.store.get(key);
  const plan = planConfiguration({ configuration, networks: work.networks.store.list() });
  if (configuration === undefined || plan.do === "nothing") return DONE;
  if (plan.do === "complete") {
    await deps.client.patch(ctx, configurations, key, "merge", { spec: { local: { cidr: plan.local } } });
    return DONE;
  }
  if (plan.refused !== undefined) work.events.warning(ctx, configuration, CIDR_REFUSED, plan.refused);
  await ensureNetworks(ctx, deps, plan.wanted, plan.owned);
  const status = configurationStatus(configuration, plan, deps.clock.epochMs());
  if (!jsonEquals(status, configuration.status)) {
    await deps.client.updateStatus(ctx, configurations, { ...configuration, status });
    return DONE;
  }
  const ip = forgeUnknownSourceIp(configuration);
  if (isConfigured(configuration) && work.ips.store.get(keyOf(ip)) === undefined)
    await deps.client.createIfAbsent(ctx, ips, ip);
  return DONE;
}

async function ensureNetworks(
  ctx: Context,
  deps: Deps,
  wanted: readonly Network[],
  owned: readonly Network[],
): Promise<void> {
  const namesOf = (all: readonly Network[]) => new Set(all.map(({ metadata }) => metadata?.name));
  const [wantedNames, ownedNames] = [namesOf(wanted), namesOf(owned)];
  for (const network of owned)
    if (!wantedNames.has(network.metadata?.name)) await deps.client.deleteObserved(ctx, networks, network);
  for (const network of wanted)
    if (!ownedNames.has(network.metadata?.name)) await deps.client.createIfAbsent(ctx, networks, network);
}
