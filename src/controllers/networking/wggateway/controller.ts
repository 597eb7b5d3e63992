/**
 * Runs what a WgGatewayServer or WgGatewayClient renders, and reports where it is. Writes ServiceAccounts, bindings,
 * Deployments, Services and the status of WgGateways.
 * Upstream: pkg/liqo-controller-manager/networking/external-network/wireguard
 */
import type { Deployment } from "kubernetes-types/apps/v1";
import type { Pod, Service } from "kubernetes-types/core/v1";
import { CLUSTER_ROLE_BINDING as FINALIZER } from "#api/finalizers.ts";
import * as labels from "#api/labels.ts";
import {
  type WgGatewayClient,
  type WgGatewayServer,
  wgGatewayClients,
  wgGatewayServers,
} from "#api/networking/wggateway.ts";
import type { Context } from "#base/context.ts";
import { GATEWAY_SELECTOR, gatewayObjectName } from "#forge/networking/names.ts";
import {
  forgeGatewayAccount,
  forgeGatewayBinding,
  forgeGatewayClusterBinding,
  forgeGatewayDeployment,
  forgeGatewayService,
  gatewayBindingName,
} from "#forge/networking/wggateway.ts";
import { Applier } from "#kube/client/applier.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped, watchOwned } from "#kube/controller/controller.ts";
import { ensureFinalizer, removeFinalizer } from "#kube/controller/finalizer.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import type { Informer } from "#kube/informer/informer.ts";
import {
  clusterRoleBindings,
  deployments,
  nodes,
  pods,
  roleBindings,
  serviceAccounts,
  services,
} from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { isAlreadyExists, isInvalid } from "#machinery/status-error.ts";
import { managedAccounts, watchAccounts } from "../../accounts.ts";
import type { Deps } from "../../deps.ts";
import { atEndpoint } from "./at-endpoint.ts";
import { activePod, rivalOf } from "./plan.ts";
import { type Exposed, wgGatewayStatus } from "./status.ts";

type WgGateway = WgGatewayServer | WgGatewayClient;

const RIVAL_RETRY_MS = 10_000;
const GATEWAYS = { labelSelector: GATEWAY_SELECTOR };

/** What differs between servers and clients: the Service that a server is reached by. */
interface Kind<T extends WgGateway> {
  readonly resource: Resource<T>;
  readonly serviceOf: (gateway: T) => Service | undefined;
  readonly endpointBefore: (gateway: T) => NonNullable<WgGatewayServer["status"]>["endpoint"];
}

export function wgGatewayServerController(deps: Deps): Controller {
  return wgGatewayController<WgGatewayServer>(deps, {
    resource: wgGatewayServers,
    serviceOf: forgeGatewayService,
    endpointBefore: ({ status }) => status?.endpoint,
  });
}

export function wgGatewayClientController(deps: Deps): Controller {
  return wgGatewayController<WgGatewayClient>(deps, {
    resource: wgGatewayClients,
    serviceOf: () => undefined,
    endpointBefore: () => undefined,
  });
}

interface Work<T extends WgGateway> {
  readonly deps: Deps;
  readonly kind: Kind<T>;
  readonly gateways: Informer<T>;
  readonly pods: Informer<Pod>;
  readonly deployments: Informer<Deployment>;
  readonly services: Informer<Service>;
  readonly accounts: ReturnType<typeof managedAccounts>;
  readonly events: EventRecorder;
  readonly applier: Applier;
}

function wgGatewayController<T extends WgGateway>(deps: Deps, kind: Kind<T>): Controller {
  const work: Work<T> = {
    deps,
    kind,
    gateways: deps.informers.for(kind.resource),
    pods: deps.informers.for(pods, GATEWAYS),
    deployments: deps.informers.for(deployments, GATEWAYS),
    services: deps.informers.for(services, GATEWAYS),
    accounts: managedAccounts(deps),
    events: deps.events("wggateway-controller"),
    applier: new Applier(deps.client),
  };
  const keys = (): ObjectKey[] => work.gateways.store.list().map(keyOf);
  return {
    name: kind.resource.plural,
    watches: [
      watchFor(work.gateways),
      watchMapped(work.pods, gatewayOfPod),
      watchOwned(work.deployments, kind.resource.kind),
      watchOwned(work.services, kind.resource.kind),
      ...watchAccounts(deps, ({ metadata }) =>
        keys().filter((key) => [gatewayBindingName(key), key.name].includes(metadata?.name ?? "")),
      ),
    ],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

function gatewayOfPod({ metadata }: Pod): ObjectKey[] {
  const name = metadata?.labels?.[labels.GATEWAY_NAME];
  return name === undefined ? [] : [{ namespace: metadata?.namespace ?? "", name }];
}

async function reconcile<T extends WgGateway>(ctx: Context, work: Work<T>, key: ObjectKey): Promise<Result> {
  const { deps, kind } = work;
  const found = work.gateways.store.get(key);
  if (found === undefined) return DONE;
  if (found.metadata?.deletionTimestamp !== undefined) {
    await deps.client.deleteIfPresent(ctx, clusterRoleBindings, keyOf(forgeGatewayClusterBinding(found)));
    await removeFinalizer(ctx, deps.client, kind.resource, found, FINALIZER);
    return DONE;
  }
  const gateway = await ensureFinalizer(ctx, deps.client, kind.resource, found, FINALIZER);
  const deployment = work.deployments.store.get({ ...key, name: gatewayObjectName(key.name) });
  const rival = rivalOf(gateway, deployment);
  if (rival !== undefined) {
    // Two that write one Deployment in turn would both never run.
    work.events.warning(ctx, gateway, "GatewayNameTaken", rival);
    return { requeueAfterMs: RIVAL_RETRY_MS };
  }
  await ensureDeployment(ctx, work, gateway);
  const pod = activePod(work.pods.store.list(key.namespace), key.name);
  const status = wgGatewayStatus(gateway, pod, await expose(ctx, work, gateway, pod));
  if (!jsonEquals(status, gateway.status)) await deps.client.updateStatus(ctx, kind.resource, { ...gateway, status });
  return DONE;
}

async function ensureDeployment<T extends WgGateway>(ctx: Context, work: Work<T>, gateway: T): Promise<void> {
  const { applier, accounts } = work;
  const wanted = forgeGatewayAccount(gateway);
  const cached = accounts.accounts.store.get(keyOf(wanted));
  const account = (await applier.applyIfChanged(ctx, serviceAccounts, { cached, wanted })) ?? cached;
  const everywhere = forgeGatewayClusterBinding(gateway);
  await applier.applyIfChanged(ctx, clusterRoleBindings, {
    cached: accounts.clusterRoleBindings.store.get(keyOf(everywhere)),
    wanted: everywhere,
  });
  const own = forgeGatewayBinding(gateway);
  await applier.applyIfChanged(ctx, roleBindings, { cached: accounts.roleBindings.store.get(keyOf(own)), wanted: own });
  const deployment = forgeGatewayDeployment(gateway, account?.metadata?.uid ?? "");
  if (deployment !== undefined)
    await applier.applyIfChanged(ctx, deployments, {
      cached: work.deployments.store.get(keyOf(deployment)),
      wanted: deployment,
    });
}

async function expose<T extends WgGateway>(
  ctx: Context,
  work: Work<T>,
  gateway: T,
  pod: Pod | undefined,
): Promise<Exposed | undefined> {
  const wanted = work.kind.serviceOf(gateway);
  if (wanted === undefined) return undefined;
  const cached = work.services.store.get(keyOf(wanted));
  if (cached === undefined) await recreateService(ctx, work, gateway, wanted);
  const service = (await work.applier.applyIfChanged(ctx, services, { cached, wanted })) ?? cached;
  if (service === undefined) return undefined;
  const name = service.spec?.type === "NodePort" ? pod?.spec?.nodeName : undefined;
  return { service, node: name === undefined ? undefined : await work.deps.client.find(ctx, nodes, { name }) };
}

/** The other cluster was told of an address: a Service that was deleted asks for it again, where it may. */
async function recreateService<T extends WgGateway>(
  ctx: Context,
  { deps, kind }: Work<T>,
  gateway: T,
  wanted: Service,
): Promise<void> {
  const known = kind.endpointBefore(gateway);
  const service = known === undefined ? undefined : atEndpoint(wanted, known);
  if (service === undefined) return;
  await deps.client.create(ctx, services, service).catch((error: unknown) => {
    // Somebody else has it by now: any other will have to do.
    if (!isInvalid(error) && !isAlreadyExists(error)) throw error;
  });
}
