/**
 * Renders GatewayServers and GatewayClients through their templates and reports back what was rendered.
 * Upstream: pkg/liqo-controller-manager/networking/external-network/{server-operator,client-operator}
 */
import type { Secret } from "kubernetes-types/core/v1";
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
import type { Context } from "#base/context.ts";
import {
  type Controller,
  DONE,
  type Result,
  TerminalError,
  watchFor,
  watchMapped,
  watchOwned,
} from "#kube/controller/controller.ts";
import { secrets } from "#machinery/builtin.ts";
import { controllerReference, keyOf, type ObjectKey } from "#machinery/meta.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { isAlreadyExists } from "#machinery/status-error.ts";
import type { Deps } from "../../deps.ts";
import { forgeKeysSecret } from "./keys.ts";
import { renderTemplate } from "./template.ts";

const API_VERSION = "networking.liqo.io/v1beta1";

export function gatewayServerController(deps: Deps): Controller {
  const informer = deps.informers.for(gatewayServers);
  const rendered = deps.informers.for(wgGatewayServers);
  const templates = deps.informers.for(wgGatewayServerTemplates);
  return {
    name: "gatewayserver",
    watches: [
      watchFor(informer),
      watchOwned(rendered, "GatewayServer"),
      watchMapped(templates, () => informer.store.list().map(keyOf)),
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const server = informer.store.get(key);
      if (server === undefined || server.metadata?.deletionTimestamp !== undefined) return DONE;
      const template = templates.store.get(templateKey(server.spec?.serverTemplateRef, deps));
      if (template === undefined) return { requeueAfterMs: 1_000 };
      const secret = await ensureKeys(ctx, deps, server, server.spec?.secretRef?.name);
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
  return {
    name: "gatewayclient",
    watches: [
      watchFor(informer),
      watchOwned(rendered, "GatewayClient"),
      watchMapped(templates, () => informer.store.list().map(keyOf)),
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const client = informer.store.get(key);
      if (client === undefined || client.metadata?.deletionTimestamp !== undefined) return DONE;
      const template = templates.store.get(templateKey(client.spec?.clientTemplateRef, deps));
      if (template === undefined) return { requeueAfterMs: 1_000 };
      const secret = await ensureKeys(ctx, deps, client, client.spec?.secretRef?.name);
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

/** Name of the Secret with the keys; made when none was given. */
async function ensureKeys(
  ctx: Context,
  deps: Deps,
  gateway: GatewayServer | GatewayClient,
  given: string | undefined,
): Promise<string> {
  if (given !== undefined && given !== "") return given;
  const wanted: Secret = forgeKeysSecret(gateway);
  const key = keyOf(wanted);
  if ((await deps.client.find(ctx, secrets, key)) === undefined) {
    await deps.client.create(ctx, secrets, wanted).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
    });
  }
  return key.name;
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
