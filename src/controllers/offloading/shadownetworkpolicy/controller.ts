/**
 * On the provider: a NetworkPolicy for each ShadowNetworkPolicy, with the consumer's addresses and namespaces translated; the
 * cluster's own CNI enforces it. Writes NetworkPolicies. Not upstream's.
 */
import type { NetworkPolicy } from "kubernetes-types/networking/v1";
import { type Configuration, configurations } from "#api/networking/configuration.ts";
import { type ShadowNetworkPolicy, shadowNetworkPolicies } from "#api/offloading/shadow.ts";
import type { Context } from "#base/context.ts";
import { Applier } from "#kube/client/applier.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { networkPolicies } from "#machinery/builtin.ts";
import { formatKey, keyOf, type ObjectKey } from "#machinery/meta.ts";
import { TenantNamespaces } from "#trust/tenant-namespaces.ts";
import type { Deps } from "../../deps.ts";
import { configurationOf } from "../peer-configuration.ts";
import { planPolicy } from "./plan.ts";

const NAME = "shadow-networkpolicy-controller";
const RULES_REFUSED = "PolicyRulesRefused";

interface Work {
  readonly deps: Deps;
  readonly shadows: Informer<ShadowNetworkPolicy>;
  readonly policies: Informer<NetworkPolicy>;
  readonly configurations: Informer<Configuration>;
  readonly tenants: TenantNamespaces;
  readonly events: EventRecorder;
  readonly applier: Applier;
  /** What was told of each, so that it is told once. */
  readonly told: Map<string, string>;
}

export function shadowNetworkPolicyController(deps: Deps): Controller {
  const work: Work = {
    deps,
    shadows: deps.informers.for(shadowNetworkPolicies),
    policies: deps.informers.for(networkPolicies),
    configurations: deps.informers.for(configurations),
    tenants: new TenantNamespaces(deps.informers),
    events: deps.events(NAME),
    applier: new Applier(deps.client, { fieldManager: NAME }),
    told: new Map(),
  };
  const inNamespace = (namespace: string | undefined): ObjectKey[] => work.shadows.store.list(namespace).map(keyOf);
  return {
    name: "shadownetworkpolicy",
    workers: 3,
    watches: [
      watchFor(work.shadows),
      // One that is not ours changes what all the others may allow.
      watchMapped(work.policies, ({ metadata }) => inNamespace(metadata?.namespace)),
      // Any policy may name any twin; twins come and go seldom.
      work.tenants.watch(() => work.shadows.store.list().map(keyOf)),
      watchMapped(work.configurations, () => work.shadows.store.list().map(keyOf)),
    ],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const { deps, shadows, policies, tenants, applier } = work;
  const shadow = shadows.store.get(key);
  if (shadow === undefined) {
    work.told.delete(formatKey(key));
    applier.forget(networkPolicies, key);
  }
  if (shadow === undefined || shadow.metadata?.deletionTimestamp !== undefined) return DONE;
  const consumer = tenants.consumerOf(key.namespace);
  const all = work.configurations.store.list();
  const plan = planPolicy({
    shadow,
    consumer,
    policies: policies.store.list(key.namespace),
    configuration: consumer === undefined ? undefined : configurationOf(consumer, all, tenants),
    configurations: all.filter(({ metadata }) => tenants.peerOf(metadata?.namespace) !== undefined),
    podCidr: deps.settings.podCidr,
    consumerOf: (namespace) => tenants.consumerOf(namespace),
  });
  tell(ctx, work, shadow, plan.refused);
  if (plan.do === "nothing") return DONE;
  const wanted = plan.policy;
  const answer = await applier.applyIfChanged(ctx, networkPolicies, { cached: policies.store.get(key), wanted });
  if (answer !== undefined) policies.observe(answer);
  return DONE;
}

/** Events of the twin namespace are told at the consumer, on its policy. */
function tell(ctx: Context, { events, told }: Work, shadow: ShadowNetworkPolicy, refused: readonly string[]): void {
  const key = formatKey(keyOf(shadow));
  const message = refused.join("; ").slice(0, 1_000);
  if (message !== "" && told.get(key) !== message) events.warning(ctx, shadow, RULES_REFUSED, message);
  if (message === "") told.delete(key);
  else told.set(key, message);
}
