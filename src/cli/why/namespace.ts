/** Why pods of a namespace may go to providers or not: NamespaceOffloading, NamespaceMaps, twins. Pure. */
import type { Event, Namespace } from "kubernetes-types/core/v1";
import type { RoleBinding } from "kubernetes-types/rbac/v1";
import type { ForeignCluster } from "#api/core/foreigncluster.ts";
import * as labels from "#api/labels.ts";
import { type NamespaceMap, type NamespaceOffloading, OFFLOADING_NAME } from "#api/offloading/namespace.ts";
import type { VirtualNode } from "#api/offloading/virtualnode.ts";
import { isProtectedNamespace } from "#forge/names.ts";
import { twinRefused } from "#forge/sentences.ts";
import { bindingNameOf } from "#forge/virtualnode-rights.ts";
import { findCondition } from "#machinery/conditions.ts";
import { dns1123Label } from "#machinery/names.ts";
import { isOwnNamespaceMap } from "#trust/namespace-map.ts";
import { isSilent } from "#trust/reach.ts";
import { last } from "./life.ts";
import { broken, type Chain, type Link, ok } from "./link.ts";
import { isHidden, REMOTE_HINT, type Seen, unseen, visible } from "./seen.ts";

/** At one provider. */
export interface TwinFacts {
  /** The twin; undefined: there is no namespace of that name. */
  readonly twin: Seen<Namespace | undefined>;
  /** Of NamespaceMaps, for administrators there. */
  readonly events: Seen<readonly Event[]>;
}

export interface NamespaceFacts {
  readonly namespace: Namespace;
  readonly liqoNamespace: string;
  readonly offloadings: Seen<readonly NamespaceOffloading[]>;
  readonly maps: Seen<readonly NamespaceMap[]>;
  readonly virtualNodes: Seen<readonly VirtualNode[]>;
  readonly peers: Seen<readonly ForeignCluster[]>;
  /** Of the namespace. */
  readonly bindings: Seen<readonly RoleBinding[]>;
  /** By provider. */
  readonly remotes: Readonly<Record<string, Seen<TwinFacts>>>;
}

export function* namespaceChain(facts: NamespaceFacts): Chain {
  yield* existence(facts.namespace);
  const wish = yield* offloadingLink(facts);
  if (wish === undefined) return;
  const selected = yield* clustersLink(facts, wish);
  yield* labelLink(facts, wish);
  for (const id of selected) yield* twinChain(facts, wish, id);
}

function* existence({ metadata, status }: Namespace): Chain {
  const { name, deletionTimestamp } = metadata ?? {};
  if (deletionTimestamp === undefined) return yield ok("namespace", `${name} is there`);
  const left = (type: string) => status?.conditions?.find((each) => each.status === "True" && each.type === type);
  const rest = left("NamespaceFinalizersRemaining") ?? left("NamespaceContentRemaining");
  yield broken(
    "namespace",
    `${name} is being deleted, since ${deletionTimestamp}${rest?.message === undefined ? "" : `: ${rest.message}`}`,
    `kubectl get namespace ${name} -o yaml says what is left in it`,
  );
}

function* offloadingLink(facts: NamespaceFacts): Generator<Link, NamespaceOffloading | undefined> {
  const name = facts.namespace.metadata?.name ?? "";
  const { offloadings } = facts;
  if (isHidden(offloadings)) {
    yield unseen("offloading", "its NamespaceOffloading", offloadings);
    return undefined;
  }
  const wish = offloadings.find(({ metadata }) => metadata?.name === OFFLOADING_NAME);
  const [other] = offloadings;
  if (wish === undefined && other !== undefined) {
    yield broken(
      "offloading",
      `NamespaceOffloading ${other.metadata?.name} counts for nothing: only one named ${OFFLOADING_NAME} does`,
      `kubectl delete namespaceoffloading ${other.metadata?.name} -n ${name}, then: liqoctl offload namespace ${name}`,
    );
    return undefined;
  }
  if (wish === undefined) {
    const isProtected = isProtectedNamespace(name, facts.liqoNamespace);
    yield isProtected
      ? ok("offloading", `${name} is of the cluster itself, and is not to be offloaded: its pods run at home`)
      : ok("offloading", `${name} is not offloaded: its pods run at home (liqoctl offload namespace ${name})`);
    return undefined;
  }
  const { podOffloadingStrategy: strategy = "LocalAndRemote" } = wish.spec ?? {};
  if (wish.metadata?.deletionTimestamp !== undefined) {
    const left = Object.keys(wish.status?.remoteNamespacesConditions ?? {}).filter((id) =>
      (visible(facts.maps) ?? []).some(
        ({ metadata, status }) => metadata?.name === id && status?.currentMapping?.[name] !== undefined,
      ),
    );
    yield broken(
      "offloading",
      `${name} is being given back, and waits for the end of its twin${left.length === 0 ? "" : ` at ${left.join(", ")}`}`,
      "something in the twin keeps it: look there, kubectl get namespace -o yaml",
    );
    return undefined;
  }
  yield ok(
    "offloading",
    `${name} is offloaded (${strategy}), as ${wish.status?.remoteNamespaceName ?? "not decided yet"}`,
  );
  return wish;
}

function* clustersLink(
  { virtualNodes, namespace }: NamespaceFacts,
  wish: NamespaceOffloading,
): Generator<Link, readonly string[]> {
  const conditions = wish.status?.remoteNamespacesConditions ?? {};
  const selected = Object.keys(conditions).filter(
    (id) => findCondition(conditions[id], "OffloadingRequired")?.status === "True",
  );
  if (selected.length > 0) {
    yield ok("clusters", `${selected.join(", ")} ${selected.length === 1 ? "is" : "are"} selected`);
    return selected;
  }
  const name = namespace.metadata?.name;
  if (isHidden(virtualNodes)) {
    yield unseen("clusters", "the VirtualNodes", virtualNodes);
    return [];
  }
  yield virtualNodes.length === 0
    ? broken("clusters", "there is no virtual node to offload to", "liqoctl peer, or: liqoctl create resourceslice")
    : broken(
        "clusters",
        `its clusterSelector selects no provider: there are ${[...new Set(virtualNodes.map(({ spec }) => spec?.clusterID))].join(", ")}`,
        `kubectl get namespaceoffloading ${OFFLOADING_NAME} -n ${name} -o yaml; it selects by the labels of VirtualNodes (spec.labels)`,
      );
  return [];
}

/** By which the webhook knows the namespace. */
function* labelLink({ namespace }: NamespaceFacts, wish: NamespaceOffloading): Chain {
  const isRemote = wish.spec?.podOffloadingStrategy !== "Local";
  const isLabelled = namespace.metadata?.labels?.[labels.SCHEDULING_ENABLED] === "true";
  if (!isRemote) return yield ok("pods", "they stay at home (strategy Local); Services are offered to the providers");
  yield isLabelled
    ? ok("pods", "those that are made from now on may go to virtual nodes")
    : broken(
        "pods",
        `the namespace has no label ${labels.SCHEDULING_ENABLED}=true, so that its pods may not go to virtual nodes`,
        "see whether liqo-controller-manager runs",
      );
}

function* twinChain(facts: NamespaceFacts, wish: NamespaceOffloading, id: string): Chain {
  const name = facts.namespace.metadata?.name ?? "";
  const wanted = wish.status?.remoteNamespaceName ?? "";
  const [problem] = dns1123Label(wanted);
  if (problem !== undefined)
    return yield broken(
      "twin",
      `no cluster can have a namespace "${wanted}": ${problem}`,
      `liqoctl offload namespace ${name} --namespace-mapping-strategy SelectedName --remote-namespace-name <name>`,
    );
  if (isHidden(facts.maps)) return yield unseen("map", "the NamespaceMaps", facts.maps);
  const map = facts.maps.find((each) => isOwnNamespaceMap(each, id));
  if (map === undefined)
    return yield broken("map", `there is no NamespaceMap for ${id}`, `liqoctl why foreigncluster/${id}`);
  if (map.spec?.desiredMapping?.[name] === undefined)
    return yield broken("map", `NamespaceMap ${id} does not ask for ${name}`, "see liqo-controller-manager's logs");
  yield ok("map", `${id} is asked for namespace ${wanted}`);
  yield* madeThere(facts, map, { id, name, wanted });
  yield* rights(facts, id);
}

interface Twin {
  readonly id: string;
  readonly name: string;
  readonly wanted: string;
}

function* madeThere(facts: NamespaceFacts, map: NamespaceMap, { id, name, wanted }: Twin): Chain {
  const peer = visible(facts.peers)?.find(({ spec }) => spec?.clusterID === id);
  const answer = map.status?.currentMapping?.[name];
  const remote = facts.remotes[id] ?? { hidden: "nobody was asked" };
  if (answer?.phase === "Accepted") {
    const there = isHidden(remote) ? undefined : visible(remote.twin);
    if (there?.metadata?.deletionTimestamp !== undefined)
      return yield broken(
        "twin",
        `${wanted} at ${id} is being deleted`,
        `ask its administrator: kubectl get namespace ${wanted} -o yaml`,
      );
    return yield ok("twin", `${wanted} at ${id}`);
  }
  if (peer !== undefined && isSilent(peer))
    return yield broken(
      "twin",
      `${id} does not answer, and has not made ${wanted}`,
      `liqoctl why foreigncluster/${id}`,
    );
  if (answer?.phase === "Terminating")
    return yield broken(
      "twin",
      `an earlier ${wanted} at ${id} is still being deleted`,
      `wait, or look there: kubectl get namespace ${wanted} -o yaml`,
    );
  if (answer?.phase === "CreationLoopBackOff") return yield* refusedThere(remote, { id, name, wanted });
  yield broken("twin", `${id} has not answered for ${wanted} yet`, `liqoctl why foreigncluster/${id}`);
}

function* refusedThere(remote: Seen<TwinFacts>, { id, name, wanted }: Twin): Chain {
  const told = isHidden(remote)
    ? undefined
    : last(visible(remote.events)?.filter(({ message = "" }) => message.includes(wanted)) ?? []);
  const asked = told?.message ?? "it exists there already, is reserved or is refused by a policy";
  yield broken(
    "twin",
    `${twinRefused(id, wanted)}: ${asked}`,
    told === undefined
      ? `its administrator finds the reason in the events of the NamespaceMap there, or ${REMOTE_HINT}`
      : `liqoctl unoffload namespace ${name}, and offload it under another --remote-namespace-name`,
  );
}

/** Of the virtual kubelets: without them nothing of the namespace is reflected. */
function* rights({ bindings, virtualNodes, namespace }: NamespaceFacts, id: string): Chain {
  if (isHidden(virtualNodes)) return yield unseen("rights", "the VirtualNodes", virtualNodes);
  if (isHidden(bindings)) return yield unseen("rights", "the RoleBindings of the namespace", bindings);
  const own = virtualNodes.filter(({ spec }) => spec?.clusterID === id);
  const without = own.find(
    ({ metadata }) => !bindings.some((binding) => binding.metadata?.name === bindingNameOf(metadata?.name ?? "")),
  );
  yield without === undefined
    ? ok("rights", `the virtual kubelet of ${own.map(({ metadata }) => metadata?.name).join(", ")} may reflect it`)
    : broken(
        "rights",
        `the virtual kubelet of ${without.metadata?.name} may not reflect ${namespace.metadata?.name}: RoleBinding ${bindingNameOf(without.metadata?.name ?? "")} is missing`,
        "see liqo-controller-manager's logs",
      );
}
