/**
 * Refuses what would exceed a ResourceQuota, and records the usage. Usage is summed from the objects themselves, plus
 * what was admitted a moment ago and is not stored yet. Kubernetes: plugin/pkg/admission/resourcequota/controller.go
 */
import type { Pod, ResourceQuota } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { resourceQuotas } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { addResources, milliOf, type ResourceList } from "#machinery/quantity.ts";
import { isConcerned, isInScope, unspecified, usageOf } from "#machinery/quota.ts";
import { forbiddenError } from "#machinery/status-error.ts";
import type { AdmissionPlugin, AdmissionRequest, ObjectReader, ObjectWriter } from "../request.ts";

export interface QuotaDeps {
  readonly reader: ObjectReader;
  readonly writer: ObjectWriter;
  readonly now: () => number;
}

/** An object on its way into the store. */
interface Reservation {
  readonly key: string;
  readonly object: KubeObject;
  readonly untilMs: number;
}

/** Storing follows admission at once; whatever takes longer has failed. */
const RESERVATION_MS = 2_000;

export function resourceQuotaPlugin(deps: QuotaDeps): AdmissionPlugin {
  const reservations = new Map<string, Reservation>();
  return {
    name: "ResourceQuota",
    handles: ({ operation, resource, subresource, namespace }) =>
      resource.namespaced &&
      subresource === "" &&
      (operation === "CREATE" ||
        (operation === "UPDATE" && ["services", "persistentvolumeclaims"].includes(resource.plural))) &&
      resource.plural !== "events" &&
      deps.reader.list(resourceQuotas, namespace).length > 0,
    async validate(ctx, request) {
      const { resource, namespace, name, object, dryRun } = request;
      if (object === undefined) return;
      const present = presentObjects(deps, reservations, request);
      const quotas = deps.reader.list(resourceQuotas, namespace).filter((quota) => isInScope(quota, resource, object));
      const used = new Map<ResourceQuota, ResourceList>();
      for (const quota of quotas) used.set(quota, checkQuota(request, quota, present));
      if (dryRun) return;
      const key = reservationKey(resource, namespace, name);
      reservations.set(key, { key, object, untilMs: deps.now() + RESERVATION_MS });
      for (const [quota, usage] of used) await recordUsage(ctx, deps.writer, quota, usage);
    },
  };
}

/** The usage after the request. Throws 403 when it is too much. */
function checkQuota(request: AdmissionRequest, quota: ResourceQuota, present: readonly KubeObject[]): ResourceList {
  const { resource, object } = request;
  const hard = Object.entries(quota.spec?.hard ?? {}).filter(([name]) => isConcerned(name, resource));
  if (object === undefined || hard.length === 0) return {};
  const quotaName = quota.metadata?.name ?? "";
  if (resource.group === "" && resource.plural === "pods") refuseUnspecified(request, quotaName, hard);
  const requested = usageOf(resource, object);
  const before = addResources(
    ...present.filter((other) => isInScope(quota, resource, other)).map((other) => usageOf(resource, other)),
  );
  const after = addResources(before, requested);
  const exceeded = hard.filter(
    ([name, bound]) => (requested[name] ?? "0") !== "0" && milliOf(after[name]) > milliOf(bound),
  );
  if (exceeded.length > 0) {
    const show = (amounts: ResourceList): string =>
      exceeded
        .map(([name]) => `${name}=${amounts[name] ?? "0"}`)
        .sort()
        .join(",");
    const why = `exceeded quota: ${quotaName}, requested: ${show(requested)}, used: ${show(before)}, limited: ${show(Object.fromEntries(exceeded))}`;
    throw forbiddenError(resource, request.name, why);
  }
  return Object.fromEntries(hard.map(([name]) => [name, after[name] ?? "0"]));
}

function refuseUnspecified(
  request: AdmissionRequest,
  quota: string,
  hard: readonly (readonly [string, string])[],
): void {
  const open = unspecified(request.object as Pod, hard.map(([name]) => name).sort());
  if (open.length === 0) return;
  const list = open.map(({ name, containers }) => `${name} for: ${containers.join(",")}`).join("; ");
  throw forbiddenError(request.resource, request.name, `failed quota: ${quota}: must specify ${list}`);
}

/** All objects of the resource in the namespace but the one of the request, admitted ones included. */
function presentObjects(
  { reader, now }: QuotaDeps,
  reservations: Map<string, Reservation>,
  request: AdmissionRequest,
): KubeObject[] {
  const { resource, namespace, name } = request;
  const { _object, ...stored } = resource;
  const objects = reader.list<KubeObject>(stored, namespace).filter((object) => object.metadata?.name !== name);
  const names = new Set(objects.map((object) => object.metadata?.name));
  const prefix = reservationKey(resource, namespace, "");
  const reserved: KubeObject[] = [];
  for (const [key, { object, untilMs }] of reservations) {
    const own = object.metadata?.name;
    if (untilMs < now() || (key.startsWith(prefix) && names.has(own))) reservations.delete(key);
    else if (key.startsWith(prefix) && own !== name) reserved.push(object);
  }
  return [...objects, ...reserved];
}

async function recordUsage(
  ctx: Context,
  writer: ObjectWriter,
  quota: ResourceQuota,
  usage: ResourceList,
): Promise<void> {
  const { namespace = "", name = "" } = quota.metadata ?? {};
  if (Object.keys(usage).length === 0) return;
  await writer.change(ctx, resourceQuotas, namespace, name, "status", (current) => ({
    ...current,
    status: { ...current.status, hard: { ...current.spec?.hard }, used: { ...current.status?.used, ...usage } },
  }));
}

function reservationKey({ group, plural }: Resource, namespace: string, name: string): string {
  return `${group}/${plural}/${namespace}/${name}`;
}
