/**
 * Runs what a WgGatewayServer or WgGatewayClient renders: account, rights, Deployment, Service; reports where it is.
 * Upstream: pkg/liqo-controller-manager/networking/external-network/wireguard
 */
import type { Deployment } from "kubernetes-types/apps/v1";
import type { Pod, Service } from "kubernetes-types/core/v1";
import * as annotations from "#api/annotations.ts";
import { CLUSTER_ROLE_BINDING as FINALIZER } from "#api/finalizers.ts";
import * as labels from "#api/labels.ts";
import {
  type WgGatewayClient,
  type WgGatewayServer,
  wgGatewayClients,
  wgGatewayServers,
} from "#api/networking/wggateway.ts";
import type { Context } from "#base/context.ts";
import { GLOBAL_LABELS } from "#forge/names.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped, watchOwned } from "#kube/controller/controller.ts";
import { ensureFinalizer, removeFinalizer } from "#kube/controller/finalizer.ts";
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
import { controllerOf, controllerReference, keyOf, type ObjectKey } from "#machinery/meta.ts";
import { isReady, isTerminating } from "#machinery/pod.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { isAlreadyExists, isInvalid } from "#machinery/status-error.ts";
import { watchAccounts } from "../../accounts.ts";
import type { Deps } from "../../deps.ts";
import { atEndpoint, type Endpoint } from "./at-endpoint.ts";

type WgGateway = WgGatewayServer | WgGatewayClient;
/** Reading what all gateways share; and what is the gateway's own, in its namespace only. */
const GATEWAY_ROLE = "liqo-gateway";
const TENANT_ROLE = "liqo-gateway-tenant";
const RIVAL_RETRY_MS = 10_000;

export function wgGatewayServerController(deps: Deps): Controller {
  const present = gatewayServices(deps);
  return wgController(deps, wgGatewayServers, async (ctx, server, pod) => {
    const template = (server as WgGatewayServer).spec?.service;
    if (template?.spec === undefined) return {};
    const wanted: Service = {
      metadata: {
        namespace: server.metadata?.namespace ?? "",
        name: `gw-${server.metadata?.name}`,
        labels: { ...GLOBAL_LABELS, ...template.metadata?.labels },
        annotations: { ...template.metadata?.annotations },
        ownerReferences: [controllerReference(server)],
      },
      spec: template.spec,
    };
    const known = (server as WgGatewayServer).status?.endpoint;
    if (known !== undefined && present.store.get(keyOf(wanted)) === undefined)
      await recreateService(ctx, deps, wanted, known);
    const endpoint = await endpointOf(ctx, deps, await deps.client.apply(ctx, services, wanted), pod);
    return endpoint === undefined ? {} : { endpoint };
  });
}

export function wgGatewayClientController(deps: Deps): Controller {
  return wgController(deps, wgGatewayClients, async () => ({}));
}

function wgController<T extends WgGateway>(
  deps: Deps,
  resource: Resource<T>,
  expose: (ctx: Context, gateway: T, pod: Pod | undefined) => Promise<object>,
): Controller {
  const informer = deps.informers.for(resource);
  const podInformer = deps.informers.for(pods, { labelSelector: `${labels.NETWORKING_COMPONENT}=gateway` });
  const deploymentInformer = deps.informers.for(deployments, {
    labelSelector: `${labels.NETWORKING_COMPONENT}=gateway`,
  });
  const events = deps.events("wggateway-controller");
  const ofPod = ({ metadata }: Pod): ObjectKey[] => {
    const name = metadata?.labels?.[labels.GATEWAY_NAME];
    return name === undefined ? [] : [{ namespace: metadata?.namespace ?? "", name }];
  };
  return {
    name: resource.plural,
    watches: [
      watchFor(informer),
      watchMapped(podInformer, ofPod),
      watchOwned(deploymentInformer, resource.kind),
      watchOwned(gatewayServices(deps), resource.kind),
      ...watchAccounts(deps, ({ metadata }) =>
        informer.store
          .list()
          .map(keyOf)
          .filter((key) => [bindingName(key), key.name].includes(metadata?.name ?? "")),
      ),
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const found = informer.store.get(key);
      if (found === undefined) return DONE;
      if (found.metadata?.deletionTimestamp !== undefined) {
        await deps.client.deleteIfPresent(ctx, clusterRoleBindings, { name: bindingName(key) });
        await removeFinalizer(ctx, deps.client, resource, found, FINALIZER);
        return DONE;
      }
      const gateway = await ensureFinalizer(ctx, deps.client, resource, found, FINALIZER);
      const rival = rivalOf(gateway, deploymentInformer.store.get({ ...key, name: `gw-${key.name}` }));
      if (rival !== undefined) {
        // Two that write one Deployment in turn would both never run.
        events.warning(ctx, gateway, "GatewayNameTaken", rival);
        return { requeueAfterMs: RIVAL_RETRY_MS };
      }
      await ensureDeployment(ctx, deps, gateway, key);
      const pod = activePod(podInformer.store.list(key.namespace), key.name);
      const exposed = await expose(ctx, gateway, pod);
      const status = {
        ...exposed,
        ...(pod?.status?.podIP !== undefined && {
          internalEndpoint: { ip: pod.status.podIP, node: pod.spec?.nodeName ?? "" },
        }),
        secretRef: { name: gateway.spec?.secretRef?.name ?? "", namespace: key.namespace ?? "" },
      };
      if (!jsonEquals(status, gateway.status)) await deps.client.updateStatus(ctx, resource, { ...gateway, status });
      return DONE;
    },
  };
}

/** Why the Deployment is not this gateway's to write. */
function rivalOf({ metadata }: WgGateway, deployment: Deployment | undefined): string | undefined {
  const owner = deployment === undefined ? undefined : controllerOf(deployment);
  if (owner === undefined || owner.uid === metadata?.uid) return undefined;
  return `Deployment ${deployment?.metadata?.name} belongs to ${owner.kind} ${owner.name}: two clusters have one tunnel, delete the GatewayServer or the GatewayClient`;
}

function bindingName(key: ObjectKey): string {
  return `liqo-gateway-${key.namespace}-${key.name}`;
}

async function ensureDeployment(ctx: Context, deps: Deps, gateway: WgGateway, key: ObjectKey): Promise<void> {
  const namespace = key.namespace ?? "";
  const owner = [controllerReference(gateway)];
  const template = gateway.spec?.deployment;
  const account = await deps.client.apply(ctx, serviceAccounts, {
    metadata: { name: key.name, namespace, labels: { ...GLOBAL_LABELS }, ownerReferences: owner },
  });
  const subjects = [{ kind: "ServiceAccount", name: key.name, namespace }];
  await deps.client.apply(ctx, clusterRoleBindings, {
    metadata: { name: bindingName(key), labels: { ...GLOBAL_LABELS } },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: GATEWAY_ROLE },
    subjects,
  });
  await deps.client.apply(ctx, roleBindings, {
    metadata: { name: bindingName(key), namespace, labels: { ...GLOBAL_LABELS }, ownerReferences: owner },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: TENANT_ROLE },
    subjects,
  });
  if (template?.spec === undefined) return;
  const { spec: podSpec, metadata: podMetadata } = template.spec.template;
  const uid = { [annotations.SERVICE_ACCOUNT_UID]: account.metadata?.uid ?? "" };
  await deps.client.apply(ctx, deployments, {
    metadata: {
      name: `gw-${key.name}`,
      namespace,
      labels: { ...GLOBAL_LABELS, ...template.metadata?.labels },
      ownerReferences: owner,
    },
    spec: {
      ...template.spec,
      template: {
        ...template.spec.template,
        metadata: { ...podMetadata, annotations: { ...podMetadata?.annotations, ...uid } },
        ...(podSpec !== undefined && { spec: { ...podSpec, serviceAccountName: key.name } }),
      },
    },
  });
}

/** The running pod of this gateway that is in charge and not on its way out. */
function activePod(all: readonly Pod[], gateway: string): Pod | undefined {
  const own = all.filter(
    (pod) =>
      pod.metadata?.labels?.[labels.GATEWAY_NAME] === gateway &&
      pod.metadata.labels[labels.GATEWAY_ACTIVE] === "true" &&
      !isTerminating(pod) &&
      (pod.status?.podIP ?? "") !== "",
  );
  return own.find(isReady) ?? own.find(({ status }) => status?.phase === "Running");
}

function gatewayServices(deps: Deps): Informer<Service> {
  return deps.informers.for(services, { labelSelector: `${labels.NETWORKING_COMPONENT}=gateway` });
}

/** The other cluster was told of an address: a Service that was deleted asks for it again, where it may. */
async function recreateService(ctx: Context, deps: Deps, wanted: Service, known: Endpoint): Promise<void> {
  const service = atEndpoint(wanted, known);
  if (service === undefined) return;
  await deps.client.create(ctx, services, service).catch((error: unknown) => {
    // Somebody else has it by now: any other will have to do.
    if (!isInvalid(error) && !isAlreadyExists(error)) throw error;
  });
}

/** Where clients reach the server; undefined until that is known. */
async function endpointOf(
  ctx: Context,
  deps: Deps,
  service: Service,
  pod: Pod | undefined,
): Promise<Endpoint | undefined> {
  const [port] = service.spec?.ports ?? [];
  if (port === undefined) return undefined;
  const protocol = port.protocol === "TCP" ? "TCP" : "UDP";
  switch (service.spec?.type) {
    case "LoadBalancer": {
      const addresses = (service.status?.loadBalancer?.ingress ?? []).flatMap(
        ({ ip, hostname }) => ip ?? hostname ?? [],
      );
      return addresses.length === 0 ? undefined : { addresses, port: port.port, protocol };
    }
    case "NodePort": {
      const node =
        pod?.spec?.nodeName === undefined ? undefined : await deps.client.find(ctx, nodes, { name: pod.spec.nodeName });
      const address = nodeAddress(node?.status?.addresses ?? []);
      return address === undefined || port.nodePort === undefined
        ? undefined
        : { addresses: [address], port: port.nodePort, protocol };
    }
    default:
      return service.spec?.clusterIP === undefined
        ? undefined
        : { addresses: [service.spec.clusterIP], port: port.port, protocol };
  }
}

// Upstream: pkg/utils/getters (order of preference)
const ADDRESS_TYPES = ["ExternalDNS", "ExternalIP", "InternalDNS", "InternalIP", "Hostname"];

function nodeAddress(addresses: readonly { type: string; address: string }[]): string | undefined {
  return ADDRESS_TYPES.map((type) => addresses.find((address) => address.type === type)?.address).find(
    (address) => address !== undefined,
  );
}
