/**
 * Renders GatewayServers and GatewayClients through their templates and reports back what was rendered. Writes the rendered
 * WgGateways, the Secrets with their keys, and the status of gateways.
 * Upstream: pkg/liqo-controller-manager/networking/external-network/{server-operator,client-operator}
 */
import { type GatewayClient, gatewayClients } from "#api/networking/gatewayclient.ts";
import { type GatewayServer, gatewayServers } from "#api/networking/gatewayserver.ts";
import {
  type WgGatewayClient,
  type WgGatewayServer,
  type WgGatewayServerTemplate,
  wgGatewayClients,
  wgGatewayClientTemplates,
  wgGatewayServers,
  wgGatewayServerTemplates,
} from "#api/networking/wggateway.ts";
import type { Context } from "#base/context.ts";
import { Applier } from "#kube/client/applier.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped, watchOwned } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import type { Resource } from "#machinery/gvk.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import type { Deps } from "../../deps.ts";
import { GatewayKeys } from "./keys.ts";
import { renderGateway } from "./render.ts";
import { gatewayClientStatus, gatewayServerStatus, type Rendered } from "./status.ts";

const NO_TEMPLATE_RETRY_MS = 1_000;

type Gateway = GatewayServer | GatewayClient;

/** What differs between servers and clients. */
interface Kind<G extends Gateway, W extends WgGatewayServer | WgGatewayClient> {
  readonly gateways: Resource<G>;
  readonly rendered: Resource<W>;
  /** Both kinds have the same shape. */
  readonly templates: Resource<WgGatewayServerTemplate>;
  readonly templateOf: (gateway: G) => { readonly name?: string; readonly namespace?: string } | undefined;
  readonly status: (rendered: Rendered<W>) => NonNullable<G["status"]>;
}

export function gatewayServerController(deps: Deps): Controller {
  return gatewayController<GatewayServer, WgGatewayServer>(deps, {
    gateways: gatewayServers,
    rendered: wgGatewayServers,
    templates: wgGatewayServerTemplates,
    templateOf: ({ spec }) => spec?.serverTemplateRef,
    status: gatewayServerStatus,
  });
}

export function gatewayClientController(deps: Deps): Controller {
  return gatewayController<GatewayClient, WgGatewayClient>(deps, {
    gateways: gatewayClients,
    rendered: wgGatewayClients,
    templates: wgGatewayClientTemplates,
    templateOf: ({ spec }) => spec?.clientTemplateRef,
    status: gatewayClientStatus,
  });
}

interface Work<G extends Gateway, W extends WgGatewayServer | WgGatewayClient> {
  readonly deps: Deps;
  readonly kind: Kind<G, W>;
  readonly gateways: Informer<G>;
  readonly rendered: Informer<W>;
  readonly templates: Informer<WgGatewayServerTemplate>;
  readonly keys: GatewayKeys;
  readonly applier: Applier;
}

function gatewayController<G extends Gateway, W extends WgGatewayServer | WgGatewayClient>(
  deps: Deps,
  kind: Kind<G, W>,
): Controller {
  const work: Work<G, W> = {
    deps,
    kind,
    gateways: deps.informers.for(kind.gateways),
    rendered: deps.informers.for(kind.rendered),
    templates: deps.informers.for(kind.templates),
    keys: new GatewayKeys(deps),
    applier: new Applier(deps.client),
  };
  return {
    name: kind.gateways.kind.toLowerCase(),
    watches: [
      watchFor(work.gateways),
      watchOwned(work.rendered, kind.gateways.kind),
      work.keys.watch,
      watchMapped(work.templates, () => work.gateways.store.list().map(keyOf)),
    ],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile<G extends Gateway, W extends WgGatewayServer | WgGatewayClient>(
  ctx: Context,
  { deps, kind, gateways, rendered, templates, keys, applier }: Work<G, W>,
  key: ObjectKey,
): Promise<Result> {
  const gateway = gateways.store.get(key);
  if (gateway === undefined) {
    keys.forget(key);
    applier.forget(kind.rendered, key);
  }
  if (gateway === undefined || gateway.metadata?.deletionTimestamp !== undefined) return DONE;
  const reference = kind.templateOf(gateway);
  const namespace = reference?.namespace ?? deps.settings.liqoNamespace;
  const template = templates.store.get({ namespace, name: reference?.name ?? "" });
  if (template === undefined) return { requeueAfterMs: NO_TEMPLATE_RETRY_MS };
  const secret = await keys.ensure(ctx, gateway, gateway.spec?.secretRef?.name);
  const wanted = renderGateway<W>(gateway, template.spec?.template, secret);
  const cached = rendered.store.get(key);
  const wg = (await applier.applyIfChanged(ctx, kind.rendered, { cached, wanted })) ?? cached;
  if (wg === undefined) return DONE;
  const status = kind.status({ wg, secret });
  if (!jsonEquals(status, gateway.status)) await deps.client.updateStatus(ctx, kind.gateways, { ...gateway, status });
  return DONE;
}
