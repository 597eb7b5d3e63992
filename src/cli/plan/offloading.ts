/**
 * What `offload namespace` and `unoffload namespace` lead to, as the controllers of NamespaceOffloadings and NamespaceMaps
 * and reflection do it. Pure.
 */
import type { Namespace, Pod } from "kubernetes-types/core/v1";
import type { RoleBinding } from "kubernetes-types/rbac/v1";
import * as annotations from "#api/annotations.ts";
import type { ForeignCluster } from "#api/core/foreigncluster.ts";
import * as labels from "#api/labels.ts";
import {
  type NamespaceMap,
  type NamespaceOffloading,
  namespaceMaps,
  namespaceOffloadings,
} from "#api/offloading/namespace.ts";
import type { VirtualNode } from "#api/offloading/virtualnode.ts";
import { remoteNamespaceName } from "#forge/names.ts";
import { selectPeers } from "#forge/selected-peers.ts";
import { forgeVkNamespaceBinding, isVkNamespaceBinding } from "#forge/virtualnode-rights.ts";
import { namespaces, roleBindings } from "#machinery/builtin.ts";
import { contains } from "#machinery/contains.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { isSilent } from "#trust/reach.ts";
import { type LostClaim, type Part, type Step, step, titleOf } from "./model.ts";
import { leavingFates, stayingFates } from "./pods.ts";
import { type Twin, type TwinOf, twinGains, twinLoses } from "./twin.ts";

export interface OffloadingFacts {
  /** Id of this cluster. */
  readonly home: string;
  readonly namespace: Namespace;
  /** As it is. */
  readonly offloading: NamespaceOffloading | undefined;
  /** This cluster's own, each named after its provider. */
  readonly maps: readonly NamespaceMap[];
  readonly nodes: readonly VirtualNode[];
  readonly peers: readonly ForeignCluster[];
  /** Of the namespace. */
  readonly bindings: readonly RoleBinding[];
  readonly pods: readonly Pod[];
  /** What of the namespace may be reflected, without content. */
  readonly objects: readonly KubeObject[];
  /** The namespaces at providers, by `twinKey`. */
  readonly twins: ReadonlyMap<string, Twin>;
  /** Claims of the namespace whose data lies at a provider. */
  readonly remoteClaims: readonly LostClaim[];
}

export function twinKey(provider: string, remote: string): string {
  return `${provider} ${remote}`;
}

/** What the maps would ask of each provider; undefined: no twin. */
export function mappingsOf(
  { home, namespace, nodes, maps }: Pick<OffloadingFacts, "home" | "namespace" | "nodes" | "maps">,
  wanted: NamespaceOffloading | undefined,
): { readonly map: NamespaceMap; readonly before: string | undefined; readonly after: string | undefined }[] {
  const origin = namespace.metadata?.name ?? "";
  const selected = wanted === undefined ? new Set<string>() : selectPeers(wanted, nodes);
  const { namespaceMappingStrategy: strategy, remoteNamespaceName: name } = wanted?.spec ?? {};
  const remote = remoteNamespaceName(origin, home, strategy, name);
  return maps.map((map) => ({
    map,
    before: map.spec?.desiredMapping?.[origin] ?? map.status?.currentMapping?.[origin]?.remoteNamespace,
    after: selected.has(map.metadata?.name ?? "") ? remote : undefined,
  }));
}

/** `wanted`: the NamespaceOffloading there is to be; undefined: none. */
export function planOffloading(facts: OffloadingFacts, wanted: NamespaceOffloading | undefined): Part[] {
  const mappings = mappingsOf(facts, wanted);
  const parts = mappings.flatMap((mapping) => planMapping(facts, mapping));
  const losing = mappings.filter(({ before, after }) => before !== undefined && before !== after);
  const lost = new Set(losing.map(({ map }) => map.metadata?.name ?? ""));
  const chosen = mappings.filter(({ after }) => after !== undefined).map(({ map }) => map.metadata?.name ?? "");
  return [
    { steps: [...planAtHome(facts, wanted), ...planBindings(facts, new Set(chosen))] },
    ...parts,
    planPods(facts, wanted, lost),
    { data: facts.remoteClaims.filter(({ cluster }) => lost.has(cluster)) },
    { remarks: remarksOn(facts, wanted, chosen) },
  ];
}

function remarksOn(
  { namespace, offloading }: OffloadingFacts,
  wanted: NamespaceOffloading | undefined,
  chosen: readonly string[],
): string[] {
  const { name } = namespace.metadata ?? {};
  if (wanted === undefined)
    return offloading === undefined ? [`namespace ${name} is not offloaded: nothing is to be done`] : [];
  return chosen.length === 0
    ? [
        `no cluster is selected for namespace ${name}: is there a peering, and does the selector match its virtual node?`,
      ]
    : [];
}

function planAtHome({ home, namespace, offloading }: OffloadingFacts, wanted: NamespaceOffloading | undefined): Step[] {
  const name = namespace.metadata?.name ?? "";
  const isLabelled = namespace.metadata?.labels?.[labels.SCHEDULING_ENABLED] === "true";
  const isRemote = wanted !== undefined && (wanted.spec?.podOffloadingStrategy ?? "LocalAndRemote") !== "Local";
  const why = isRemote ? "pods may be scheduled on virtual nodes" : "pods stay at home";
  return [
    ...offloadingStep(home, offloading, wanted),
    ...(isLabelled === isRemote || (wanted === undefined && offloading === undefined)
      ? []
      : [step(home, "change", namespaces, { metadata: { name } }, why)]),
  ];
}

function offloadingStep(
  home: string,
  found: NamespaceOffloading | undefined,
  wanted: NamespaceOffloading | undefined,
): Step[] {
  if (wanted === undefined)
    return found === undefined
      ? []
      : [step(home, "delete", namespaceOffloadings, found, "the namespace is local again")];
  if (found === undefined) return [step(home, "create", namespaceOffloadings, wanted, "asks for the twins")];
  return contains(found.spec, wanted.spec)
    ? []
    : [step(home, "change", namespaceOffloadings, wanted, "asks for other twins")];
}

/** Virtual kubelets may reflect the namespace, or may no more. */
function planBindings({ home, namespace, nodes, bindings }: OffloadingFacts, chosen: ReadonlySet<string>): Step[] {
  const name = namespace.metadata?.name ?? "";
  const wanted = nodes
    .filter(({ spec }) => chosen.has(spec?.clusterID ?? ""))
    .map((node) => forgeVkNamespaceBinding(node, name));
  const found = bindings.filter(isVkNamespaceBinding);
  const missing = wanted.filter(({ metadata }) => !found.some((binding) => binding.metadata?.name === metadata?.name));
  const surplus = found.filter(({ metadata }) => !wanted.some((binding) => binding.metadata?.name === metadata?.name));
  return [
    ...missing.map((binding) =>
      step(home, "create", roleBindings, binding, "the virtual kubelet reflects the namespace"),
    ),
    ...surplus.map((binding) =>
      step(home, "delete", roleBindings, binding, "the virtual kubelet reflects the namespace no more"),
    ),
  ];
}

function planMapping(facts: OffloadingFacts, mapping: ReturnType<typeof mappingsOf>[number]): Part[] {
  const { home, namespace, nodes, objects, peers } = facts;
  const { map, before, after } = mapping;
  const provider = map.metadata?.name ?? "";
  const origin = namespace.metadata?.name ?? "";
  const of = (remote: string): TwinOf => {
    const none: Twin = {
      provider,
      tenantNamespace: undefined,
      objects: [],
      unlisted: [],
      silence: "nobody has looked",
    };
    const accepted = map.status?.currentMapping?.[origin];
    const isAccepted = accepted?.phase === "Accepted" && accepted.remoteNamespace === remote;
    return { home, origin, remote, isAccepted, twin: facts.twins.get(twinKey(provider, remote)) ?? none };
  };
  const isOwed = isSilent(peers.find(({ metadata }) => metadata?.name === provider));
  const parts: Part[] = [];
  if (before !== after) parts.push({ steps: mapSteps(home, map, of(after ?? before ?? ""), after) });
  if (before !== undefined && before !== after) parts.push(twinLoses(of(before)));
  if (after !== undefined) {
    const twin = of(after);
    const taken = takenBy(twin);
    if (taken === undefined)
      parts.push(
        twinGains(
          twin,
          objects,
          nodes.find(({ spec }) => spec?.clusterID === provider),
        ),
      );
    else parts.push({ remarks: [taken] });
  }
  if (parts.length > 0 && isOwed)
    parts.push({ remarks: [`${provider} does not answer: what is to be done there is done when it is back`] });
  return parts;
}

function mapSteps(
  home: string,
  map: NamespaceMap,
  { origin, remote, twin }: TwinOf,
  after: string | undefined,
): Step[] {
  const why = after === undefined ? `no longer asks for ${remote}` : `asks for ${remote}, the twin of ${origin}`;
  const { name = "" } = map.metadata ?? {};
  const replica = {
    metadata: { name, ...(twin.tenantNamespace !== undefined && { namespace: twin.tenantNamespace }) },
  };
  return [
    step(home, "change", namespaceMaps, map, why),
    ...(twin.tenantNamespace === undefined
      ? []
      : [step(twin.provider, "change", namespaceMaps, replica, `replicated: ${why}`)]),
  ];
}

/** A namespace of that name that is no twin of ours stays as it is. */
function takenBy({ origin, remote, twin }: TwinOf): string | undefined {
  const found = twin.objects.find((object) => titleOf(object) === `Namespace ${remote}`);
  const mark = found?.metadata?.annotations?.[annotations.MANAGED_BY_NAMESPACE_MAP];
  if (found === undefined || mark === `${twin.tenantNamespace}/${twin.provider}`) return undefined;
  return `namespace ${remote} of ${twin.provider} exists and is none of this peering's: ${origin} gets no twin there; take another name by --namespace-mapping-strategy SelectedName`;
}

function planPods(
  { home, nodes, pods }: OffloadingFacts,
  wanted: NamespaceOffloading | undefined,
  lost: ReadonlySet<string>,
): Part {
  const going = new Set(
    nodes.filter(({ spec }) => lost.has(spec?.clusterID ?? "")).map(({ metadata }) => metadata?.name),
  );
  const isLeaving = ({ spec }: Pod): boolean => going.has(spec?.nodeName);
  const isAway = wanted !== undefined && lost.size === 0;
  const to = wanted === undefined ? `a node of ${home}` : "another node";
  const why = isAway ? "only pods that are made from now on may go to a provider" : "its node stays";
  return {
    pods: [
      ...leavingFates(home, pods.filter(isLeaving), to),
      ...stayingFates(
        home,
        pods.filter((pod) => !isLeaving(pod)),
        why,
      ),
    ],
  };
}
