/** From an item's key to the object in its cluster. */
import { foreignClusters } from "#api/core/foreigncluster.ts";
import {
  configMaps,
  daemonSets,
  deployments,
  endpointSlices,
  ingresses,
  jobs,
  namespaces,
  nodes,
  persistentVolumeClaims,
  pods,
  secrets,
  services,
  statefulSets,
} from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { ObjectKey } from "#machinery/meta.ts";
import type { ItemKey } from "../../model/items.ts";
import { Refusal } from "../http/answers.ts";
import { type ParsedKey, parseItemKey } from "../http/query.ts";
import type { ClusterWatch } from "../watch/cluster.ts";
import type { Federation } from "../watch/federation.ts";

export interface Subject {
  readonly parsed: ParsedKey;
  readonly watch: ClusterWatch;
  readonly resource: Resource;
  readonly key: ObjectKey;
}

const BY_KIND: Readonly<Partial<Record<ParsedKey["kind"], Resource>>> = {
  node: nodes,
  namespace: namespaces,
  pod: pods,
  service: services,
  peering: foreignClusters,
};

const NAMED: Readonly<Record<string, Resource>> = {
  Deployment: deployments,
  StatefulSet: statefulSets,
  DaemonSet: daemonSets,
  Job: jobs,
  ConfigMap: configMaps,
  Secret: secrets,
  Service: services,
  EndpointSlice: endpointSlices,
  Ingress: ingresses,
  PersistentVolumeClaim: persistentVolumeClaims,
};

/** Throws a Refusal where no such cluster is looked at, or there is no object behind the item. */
export function subjectOf(federation: Federation, itemKey: ItemKey): Subject {
  const parsed = parseItemKey(itemKey);
  const watch = parsed && federation.find(parsed.cluster);
  if (parsed === undefined || watch === undefined)
    throw new Refusal(404, `${parsed?.cluster ?? itemKey} is no cluster that is looked at`);
  const { kind, namespace, name } = parsed;
  const resource = BY_KIND[kind];
  if (resource !== undefined) return { parsed, watch, resource, key: keyIn(resource, namespace, name) };
  const at = name.indexOf("/");
  const of = name.slice(0, Math.max(at, 0));
  const named = Object.hasOwn(NAMED, of) ? NAMED[of] : undefined;
  if (named === undefined || kind === "cluster") throw new Refusal(404, `there is no object behind a ${kind} ${name}`);
  return { parsed, watch, resource: named, key: keyIn(named, namespace, name.slice(at + 1)) };
}

function keyIn({ namespaced }: Resource, namespace: string, name: string): ObjectKey {
  return namespaced ? { namespace, name } : { name };
}
