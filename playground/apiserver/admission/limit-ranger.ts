/**
 * Defaults and bounds of LimitRanges for containers, pods and claims.
 * Kubernetes: plugin/pkg/admission/limitranger/admission.go
 */
import type { Container, LimitRange, LimitRangeItem, PersistentVolumeClaim } from "kubernetes-types/core/v1";
import { limitRanges } from "#machinery/builtin.ts";
import { addResources, milliOf, type ResourceList } from "#machinery/quantity.ts";
import { forbiddenError } from "#machinery/status-error.ts";
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from "../request.ts";
import { isPodCreation, podOf, startedContainersOf } from "./pod-request.ts";

export interface Amounts {
  readonly requests: ResourceList;
  readonly limits: ResourceList;
}

export function limitRanger(reader: ObjectReader): AdmissionPlugin {
  return {
    name: "LimitRanger",
    handles: (request) => isPodCreation(request) || isClaimWrite(request),
    async admit(_ctx, request) {
      if (!isPodCreation(request)) return;
      for (const range of reader.list(limitRanges, request.namespace)) setDefaults(range, request);
    },
    async validate(_ctx, request) {
      const subjects = isClaimWrite(request) ? claimSubjects(request) : podSubjects(request);
      const items = reader.list(limitRanges, request.namespace).flatMap((range) => range.spec?.limits ?? []);
      const problems = items.flatMap((item) =>
        subjects.filter(({ type }) => type === item.type).flatMap(({ amounts }) => checkLimits(item, amounts)),
      );
      if (problems.length === 0) return;
      throw forbiddenError(
        request.resource,
        request.name,
        problems.length === 1 ? (problems[0] ?? "") : `[${problems.join(", ")}]`,
      );
    },
  };
}

/** What one LimitRange item finds wrong, in Kubernetes' words. */
export function checkLimits(item: LimitRangeItem, { requests, limits }: Amounts): string[] {
  const { type, min = {}, max = {}, maxLimitRequestRatio = {} } = item;
  const low = Object.entries(min).flatMap(([name, bound]) => {
    const rule = `minimum ${name} usage per ${type} is ${bound}`;
    const [request, limit] = [requests[name], limits[name]];
    if (request === undefined) return [`${rule}.  No request is specified`];
    if (milliOf(request) < milliOf(bound)) return [`${rule}, but request is ${request}`];
    return limit !== undefined && milliOf(limit) < milliOf(bound) ? [`${rule}, but limit is ${limit}`] : [];
  });
  const high = Object.entries(max).flatMap(([name, bound]) => {
    const rule = `maximum ${name} usage per ${type} is ${bound}`;
    const [request, limit] = [requests[name], limits[name]];
    // Claims have requests only.
    if (limit === undefined && type !== "PersistentVolumeClaim") return [`${rule}.  No limit is specified`];
    if (limit !== undefined && milliOf(limit) > milliOf(bound)) return [`${rule}, but limit is ${limit}`];
    return request !== undefined && milliOf(request) > milliOf(bound) ? [`${rule}, but request is ${request}`] : [];
  });
  return [
    ...low,
    ...high,
    ...Object.entries(maxLimitRequestRatio).flatMap(([name, bound]) =>
      checkRatio(type, name, bound, { requests, limits }),
    ),
  ];
}

function checkRatio(type: string, name: string, bound: string, { requests, limits }: Amounts): string[] {
  const rule = `${name} max limit to request ratio per ${type} is ${bound}`;
  const [request, limit] = [milliOf(requests[name]), milliOf(limits[name])];
  if (request === 0n) return [`${rule}, but no request is specified or request is 0`];
  if (limit === 0n) return [`${rule}, but no limit is specified or limit is 0`];
  const ratio = Number(limit) / Number(request);
  return ratio > Number(milliOf(bound)) / 1000 ? [`${rule}, but provided ratio is ${ratio.toFixed(6)}`] : [];
}

function setDefaults(range: LimitRange, request: AdmissionRequest): void {
  const item = (range.spec?.limits ?? []).find(({ type }) => type === "Container");
  if (item === undefined) return;
  for (const container of startedContainersOf(podOf(request))) fill(container, item);
}

/** `default` bounds what has no limit; what has no request gets `defaultRequest`, or else its limit. */
function fill(container: Container, item: LimitRangeItem): void {
  const limits = { ...item.default, ...container.resources?.limits };
  const requests = { ...item.defaultRequest, ...container.resources?.requests };
  const resources = {
    ...container.resources,
    ...(Object.keys(limits).length > 0 && { limits }),
    ...(Object.keys(requests).length > 0 && { requests }),
  };
  if (Object.keys(resources).length > 0) container.resources = resources;
}

function podSubjects(request: AdmissionRequest): { type: string; amounts: Amounts }[] {
  const containers = startedContainersOf(podOf(request)).map(amountsOf);
  const running = (podOf(request).spec?.containers ?? []).map(amountsOf);
  const whole = {
    requests: addResources(...running.map(({ requests }) => requests)),
    limits: addResources(...running.map(({ limits }) => limits)),
  };
  return [...containers.map((amounts) => ({ type: "Container", amounts })), { type: "Pod", amounts: whole }];
}

function claimSubjects(request: AdmissionRequest): { type: string; amounts: Amounts }[] {
  const requests = (request.object as PersistentVolumeClaim).spec?.resources?.requests ?? {};
  return [{ type: "PersistentVolumeClaim", amounts: { requests, limits: {} } }];
}

function amountsOf({ resources }: Container): Amounts {
  const limits = resources?.limits ?? {};
  return { limits, requests: { ...limits, ...resources?.requests } };
}

function isClaimWrite({ operation, resource, subresource }: AdmissionRequest): boolean {
  const writes = operation === "CREATE" || operation === "UPDATE";
  return writes && subresource === "" && resource.group === "" && resource.plural === "persistentvolumeclaims";
}
