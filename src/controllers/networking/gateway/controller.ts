/**
 * Renders GatewayServers and GatewayClients through their templates and reports back what was rendered.
 * Upstream: pkg/liqo-controller-manager/networking/external-network/{server-operator,client-operator}
 */
import * as labels from "#api/labels.ts";
import { type GatewayClient, gatewayClients } from "#api/networking/gatewayclient.ts";
import { type GatewayServer, gatewayServers } from "#api/networking/gatewayserver.ts";
import {
  type WgGatewayClient,
  type WgGatewayServer,
  wgGatewayClients,
  wgGatewayClientTemplates,
  wgGatewayServers,
  wgGatewayServerTemplates,
} from "#api/networking/wggateway.ts";
import {
  type Controller,
  DONE,
  type Result,
  TerminalError,
  watchFor,
  watchMapped,
  watchOwned,
} from "#kube/controller/controller.ts";
import { controllerReference, keyOf, type ObjectKey } from "#machinery/meta.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import type { Deps } from "../../deps.ts";
import { GatewayKeys } from "./keys.ts";
import { renderTemplate } from "./template.ts";

const API_VERSION = "networking.liqo.io/v1beta1";

export function gatewayServerController(deps: Deps): Controller {
  const informer = deps.informers.for(gatewayServers);
  const rendered = deps.informers.for(wgGatewayServers);
  const templates = deps.informers.for(wgGatewayServerTemplates);
  const keys = new GatewayKeys(deps);
  return {
    name: "gatewayserver",
    watches: [
      watchFor(informer),
      watchOwned(rendered, "GatewayServer"),
      keys.watch,
      watchMapped(templates, () => informer.store.list().map(keyOf)),
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const server = informer.store.get(key);
      if (server === undefined) keys.forget(key);
      if (server === undefined || server.metadata?.deletionTimestamp !== undefined) return DONE;
      const template = templates.store.get(templateKey(server.spec?.serverTemplateRef, deps));
      if (template === undefined) return { requeueAfterMs: 1_000 };
      const secret = await keys.ensure(ctx, server, server.spec?.secretRef?.name);
      const wg = renderGateway<WgGatewayServer>(server, template.spec?.template, secret);
      const before = rendered.store.get(key);
      const written = await deps.client.apply(ctx, wgGatewayServers, wg);
      const status: GatewayServer["status"] = {
        ...(before?.status?.endpoint !== undefined && { endpoint: before.status.endpoint }),
        ...(before?.status?.internalEndpoint !== undefined && { internalEndpoint: before.status.internalEndpoint }),
        secretRef: { name: secret, namespace: key.namespace ?? "" },
        serverRef: {
          apiVersion: API_VERSION,
          kind: "WgGatewayServer",
          name: key.name,
          namespace: key.namespace ?? "",
          uid: written.metadata?.uid ?? "",
        },
      };
      if (!jsonEquals(status, server.status))
        await deps.client.updateStatus(ctx, gatewayServers, { ...server, status });
      return DONE;
    },
  };
}

export function gatewayClientController(deps: Deps): Controller {
  const informer = deps.informers.for(gatewayClients);
  const rendered = deps.informers.for(wgGatewayClients);
  const templates = deps.informers.for(wgGatewayClientTemplates);
  const keys = new GatewayKeys(deps);
  return {
    name: "gatewayclient",
    watches: [
      watchFor(informer),
      watchOwned(rendered, "GatewayClient"),
      keys.watch,
      watchMapped(templates, () => informer.store.list().map(keyOf)),
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const client = informer.store.get(key);
      if (client === undefined) keys.forget(key);
      if (client === undefined || client.metadata?.deletionTimestamp !== undefined) return DONE;
      const template = templates.store.get(templateKey(client.spec?.clientTemplateRef, deps));
      if (template === undefined) return { requeueAfterMs: 1_000 };
      const secret = await keys.ensure(ctx, client, client.spec?.secretRef?.name);
      const wg = renderGateway<WgGatewayClient>(client, template.spec?.template, secret);
      const before = rendered.store.get(key);
      const written = await deps.client.apply(ctx, wgGatewayClients, wg);
      const status: GatewayClient["status"] = {
        clientRef: {
          apiVersion: API_VERSION,
          kind: "WgGatewayClient",
          name: key.name,
          namespace: key.namespace ?? "",
          uid: written.metadata?.uid ?? "",
        },
        ...(before?.status?.internalEndpoint !== undefined && { internalEndpoint: before.status.internalEndpoint }),
        secretRef: { name: secret, namespace: key.namespace ?? "" },
      };
      if (!jsonEquals(status, client.status))
        await deps.client.updateStatus(ctx, gatewayClients, { ...client, status });
      return DONE;
    },
  };
}

function templateKey(
  reference: { readonly name?: string; readonly namespace?: string } | undefined,
  deps: Deps,
): ObjectKey {
  return { namespace: reference?.namespace ?? deps.settings.liqoNamespace, name: reference?.name ?? "" };
}

function renderGateway<T extends WgGatewayServer | WgGatewayClient>(
  gateway: GatewayServer | GatewayClient,
  template: Record<string, unknown> | undefined,
  secretName: string,
): T {
  if (template === undefined)
    throw new TerminalError(`render gateway ${gateway.metadata?.name}: its template has no spec.template`);
  const { name = "", namespace = "", uid = "", labels: own } = gateway.metadata ?? {};
  const remoteId = own?.[labels.REMOTE_CLUSTER_ID] ?? "";
  const data = {
    Spec: gateway.spec ?? {},
    Name: name,
    Namespace: namespace,
    GatewayUID: uid,
    ClusterID: remoteId,
    SecretName: secretName,
  };
  // A template is free-form: what it renders to is checked by the schema of the rendered kind.
  const object = renderTemplate(template, data) as unknown as T;
  const { blockOwnerDeletion: _b, ...owner } = controllerReference(gateway);
  return {
    ...object,
    metadata: {
      ...object.metadata,
      name,
      namespace,
      labels: { ...object.metadata?.labels, [labels.REMOTE_CLUSTER_ID]: remoteId },
      ownerReferences: [owner],
    },
    spec: { ...object.spec, secretRef: { name: secretName } },
  } as T;
}
