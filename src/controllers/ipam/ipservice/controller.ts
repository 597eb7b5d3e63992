/**
 * Gives an IP that asks for it a Service. Writes those Services and their EndpointSlices; they go with their IP.
 * Upstream: pkg/liqo-controller-manager/ipam/ip-controller
 */
import type { Service } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import { type IP, ips } from "#api/ipam/ip.ts";
import * as labels from "#api/labels.ts";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { forgeIpService } from "#forge/ip-service.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { endpointSlices, services } from "#machinery/builtin.ts";
import { contains } from "#machinery/contains.ts";
import type { Resource } from "#machinery/gvk.ts";
import { controllerOf, type KubeObject, keyOf, type ObjectKey } from "#machinery/meta.ts";
import { isInvalid } from "#machinery/status-error.ts";
import type { Deps } from "../../deps.ts";

// Nothing tells when the name gets free: what is not Liqo's is not watched.
const NAME_TAKEN_MS = 10_000;
const OURS = { labelSelector: `${labels.MANAGED}=true` };

interface Work {
  readonly deps: Deps;
  readonly ips: Informer<IP>;
  readonly services: Informer<Service>;
  readonly slices: Informer<EndpointSlice>;
  readonly events: EventRecorder;
}

export function ipServiceController(deps: Deps): Controller {
  const { informers } = deps;
  const work: Work = {
    deps,
    ips: informers.for(ips),
    services: informers.for(services, OURS),
    slices: informers.for(endpointSlices, OURS),
    events: deps.events("ip-controller"),
  };
  const ipOf = (object: KubeObject): ObjectKey[] => (controllerOf(object)?.kind === "IP" ? [keyOf(object)] : []);
  return {
    name: "ip-service",
    watches: [watchFor(work.ips), watchMapped(work.services, ipOf), watchMapped(work.slices, ipOf)],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const ip = work.ips.store.get(key);
  if (ip === undefined || ip.metadata?.deletionTimestamp !== undefined) return DONE;
  const wanted = forgeIpService(ip);
  if (wanted === undefined) return DONE;
  try {
    const found = [
      await ensure(ctx, work, ip, { resource: services, informer: work.services, wanted: wanted.service }),
      await ensure(ctx, work, ip, { resource: endpointSlices, informer: work.slices, wanted: wanted.slice }),
    ];
    return found.every((isOurs) => isOurs) ? DONE : { requeueAfterMs: NAME_TAKEN_MS };
  } catch (error) {
    if (!isInvalid(error)) throw error;
    // Until the template changes it stays so.
    work.events.warning(ctx, ip, "ServiceRefused", `spec.serviceTemplate: ${messageOf(error)}`);
    return DONE;
  }
}

interface Wish<T extends KubeObject> {
  readonly resource: Resource<T>;
  readonly informer: Informer<T>;
  readonly wanted: T;
}

/** Whether the object of that name is the IP's. */
async function ensure<T extends KubeObject>(
  ctx: Context,
  { deps, events }: Work,
  ip: IP,
  { resource, informer, wanted }: Wish<T>,
): Promise<boolean> {
  const cached = informer.store.get(keyOf(wanted));
  if (cached === undefined) {
    const created = await deps.client.createIfAbsent(ctx, resource, wanted);
    if (created !== undefined) {
      informer.observe(created);
      return true;
    }
  }
  if (controllerOf(cached ?? {})?.uid !== ip.metadata?.uid) {
    const message = `there is another ${resource.kind} ${wanted.metadata?.name}: rename the IP, or delete that`;
    events.warning(ctx, ip, "ServiceExists", message);
    return false;
  }
  if (contains(cached, wanted)) return true;
  const body = { ...wanted, metadata: { ...wanted.metadata, uid: cached?.metadata?.uid } };
  informer.observe(await deps.client.patch(ctx, resource, keyOf(wanted), "merge", body));
  return true;
}
