/**
 * What one object counts for under a ResourceQuota. Kubernetes: pkg/quota/v1/evaluator/core
 */
import type { PersistentVolumeClaim, Pod, PodSpec, ResourceQuota, Service } from "kubernetes-types/core/v1";
import { formatGroupResource, type Resource } from "./gvk.ts";
import type { KubeObject } from "./meta.ts";
import { isTerminal, podRequests } from "./pod.ts";
import { addResources, maxResources, type ResourceList } from "./quantity.ts";

/** Kinds that have a name of their own besides `count/…`. */
const PLAIN_COUNTS = [
  "configmaps",
  "persistentvolumeclaims",
  "pods",
  "replicationcontrollers",
  "resourcequotas",
  "secrets",
  "services",
];
const COMPUTE = ["cpu", "memory", "ephemeral-storage"];

export function usageOf(resource: Resource, object: KubeObject): ResourceList {
  if (resource.group !== "") return { [`count/${formatGroupResource(resource)}`]: "1" };
  const counts = {
    [`count/${resource.plural}`]: "1",
    ...(PLAIN_COUNTS.includes(resource.plural) && { [resource.plural]: "1" }),
  };
  switch (resource.plural) {
    case "pods":
      // A finished pod still is an object.
      return isTerminal(object as Pod) ? { "count/pods": "1" } : { ...counts, ...podUsage((object as Pod).spec) };
    case "services":
      return { ...counts, ...serviceUsage(object as Service) };
    case "persistentvolumeclaims":
      return { ...counts, ...claimUsage(object as PersistentVolumeClaim) };
    default:
      return counts;
  }
}

/** Names of the quota that this kind of object could count for; others need not be listed. */
export function isConcerned(name: string, resource: Resource): boolean {
  const { group, plural } = resource;
  if (name === `count/${formatGroupResource(resource)}`) return true;
  if (group !== "") return false;
  if (name === plural) return true;
  if (plural === "pods") return /^(requests|limits)\.(?!storage$)/.test(name) || COMPUTE.includes(name);
  if (plural === "services") return name.startsWith("services.");
  return (
    plural === "persistentvolumeclaims" &&
    (name === "requests.storage" || name.includes(".storageclass.storage.k8s.io/"))
  );
}

/** Whether a pod is inside all scopes of the quota; other kinds only know quotas without scopes. */
export function isInScope(quota: ResourceQuota, resource: Resource, object: KubeObject): boolean {
  const plain = (quota.spec?.scopes ?? []).map((scopeName) => ({
    scopeName,
    operator: "Exists",
    values: [] as string[],
  }));
  const selected = quota.spec?.scopeSelector?.matchExpressions ?? [];
  const scopes = [...plain, ...selected];
  if (scopes.length === 0) return true;
  if (resource.plural !== "pods") return false;
  return scopes.every(({ scopeName, operator, values }) => hasScope(object as Pod, scopeName, operator, values ?? []));
}

/** The compute resources a quota bounds and a container leaves open. */
export function unspecified(pod: Pod, names: readonly string[]): { name: string; containers: string[] }[] {
  return names
    .filter((name) => /^(requests\.|limits\.)?(cpu|memory)$/.test(name))
    .map((name) => {
      const [kind, bare] = name.includes(".") ? name.split(".") : ["requests", name];
      const open = (pod.spec?.containers ?? []).filter(({ resources }) => {
        const limit = resources?.limits?.[bare ?? ""];
        return (kind === "limits" ? limit : (resources?.requests?.[bare ?? ""] ?? limit)) === undefined;
      });
      return { name, containers: open.map((container) => container.name) };
    })
    .filter(({ containers }) => containers.length > 0);
}

function podUsage(spec: PodSpec | undefined): ResourceList {
  const requests = Object.entries(podRequests(spec));
  const limits = Object.entries(podLimits(spec));
  return {
    ...Object.fromEntries(requests.filter(([name]) => COMPUTE.includes(name))),
    ...Object.fromEntries(requests.map(([name, amount]) => [`requests.${name}`, amount])),
    ...Object.fromEntries(limits.map(([name, amount]) => [`limits.${name}`, amount])),
  };
}

function podLimits(spec: PodSpec | undefined): ResourceList {
  const running = addResources(...(spec?.containers ?? []).map(({ resources }) => resources?.limits));
  return maxResources(running, ...(spec?.initContainers ?? []).map(({ resources }) => resources?.limits));
}

function serviceUsage({ spec }: Service): ResourceList {
  const ports = String((spec?.ports ?? []).length);
  if (spec?.type === "NodePort") return { "services.nodeports": ports };
  if (spec?.type !== "LoadBalancer") return {};
  const { allocateLoadBalancerNodePorts = true } = spec;
  return { "services.loadbalancers": "1", ...(allocateLoadBalancerNodePorts && { "services.nodeports": ports }) };
}

function claimUsage({ spec }: PersistentVolumeClaim): ResourceList {
  const storage = spec?.resources?.requests?.storage ?? "0";
  const name = spec?.storageClassName ?? "";
  const byClass = {
    [`${name}.storageclass.storage.k8s.io/requests.storage`]: storage,
    [`${name}.storageclass.storage.k8s.io/persistentvolumeclaims`]: "1",
  };
  return { "requests.storage": storage, ...(name !== "" && byClass) };
}

function hasScope({ spec }: Pod, scope: string, operator: string, values: readonly string[]): boolean {
  const terminating = spec?.activeDeadlineSeconds !== undefined;
  const resources = (spec?.containers ?? []).map((container) => container.resources);
  const bestEffort = resources.every((own) => Object.keys({ ...own?.requests, ...own?.limits }).length === 0);
  switch (scope) {
    case "Terminating":
      return terminating;
    case "NotTerminating":
      return !terminating;
    case "BestEffort":
      return bestEffort;
    case "NotBestEffort":
      return !bestEffort;
    case "PriorityClass": {
      const name = spec?.priorityClassName ?? "";
      if (operator === "Exists") return name !== "";
      if (operator === "DoesNotExist") return name === "";
      return values.includes(name) === (operator === "In");
    }
    default:
      return false;
  }
}
