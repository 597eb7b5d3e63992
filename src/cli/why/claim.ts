/** Why a PersistentVolumeClaim has no volume: its class, its pod, the node that was chosen, and who makes it there. Pure. */
import type { Event, Node, PersistentVolume, PersistentVolumeClaim, Pod } from "kubernetes-types/core/v1";
import type { StorageClass } from "kubernetes-types/storage/v1";
import * as labels from "#api/labels.ts";
import { STORAGE_PROVISIONER } from "#api/offloading/storage-class.ts";
import { isVirtualNode } from "#api/predicates.ts";
import { nameTaken } from "#forge/sentences.ts";
import { findCondition } from "#machinery/conditions.ts";
import { isTerminal } from "#machinery/pod.ts";
import { findVolume, NO_PROVISIONER, SELECTED_NODE } from "#machinery/volume.ts";
import { last } from "./life.ts";
import { broken, type Chain, type Link, ok, unknown } from "./link.ts";
import { isHidden, REMOTE_HINT, type Seen, unseen, visible } from "./seen.ts";

export interface ClaimRemote {
  readonly claim: Seen<PersistentVolumeClaim | undefined>;
  readonly events: Seen<readonly Event[]>;
}

export interface ClaimProvider {
  readonly id: string;
  readonly twin: string | undefined;
  /** Of the VirtualNode: what the provider offers. */
  readonly classes: readonly string[];
  readonly remote: Seen<ClaimRemote>;
}

export interface ClaimFacts {
  readonly claim: PersistentVolumeClaim;
  readonly events: Seen<readonly Event[]>;
  readonly classes: Seen<readonly StorageClass[]>;
  readonly volumes: Seen<readonly PersistentVolume[]>;
  /** Those that name it. */
  readonly pods: Seen<readonly Pod[]>;
  /** The one that was chosen for it. */
  readonly node: Seen<Node | undefined>;
  /** Of that node, where it is a virtual one. */
  readonly provider: ClaimProvider | undefined;
  /** Behind a claim of Liqo's class, at home. */
  readonly real: Seen<PersistentVolumeClaim | undefined>;
}

const DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class";

export function* claimChain(facts: ClaimFacts): Chain {
  yield* deletion(facts);
  const { claim } = facts;
  if ((claim.spec?.volumeName ?? "") !== "" || claim.status?.phase === "Lost") {
    yield* binding(facts);
    if (facts.provider !== undefined) yield* atProvider(facts, facts.provider);
    return;
  }
  const found = yield* classLink(facts);
  if (found === undefined) return;
  if (found.provisioner === NO_PROVISIONER) return yield* byHand(facts, found);
  yield* consumerLink(facts, found);
  if (found.volumeBindingMode === "WaitForFirstConsumer" && selectedOf(claim) === undefined) return;
  yield* nodeLink(facts);
  if (facts.provider !== undefined) yield* atProvider(facts, facts.provider);
  else yield* atHome(facts, found);
}

function selectedOf({ metadata }: PersistentVolumeClaim): string | undefined {
  return metadata?.annotations?.[SELECTED_NODE];
}

function* deletion({ claim, pods }: ClaimFacts): Chain {
  const { deletionTimestamp, finalizers = [], name, namespace } = claim.metadata ?? {};
  if (deletionTimestamp === undefined)
    return yield ok("claim", `${name} asks for ${claim.spec?.resources?.requests?.["storage"]}`);
  const users = (visible(pods) ?? []).filter((pod) => !isTerminal(pod)).map(({ metadata }) => metadata?.name);
  yield users.length === 0
    ? broken(
        "claim",
        `it is being deleted; its finalizer ${finalizers[0]} keeps it`,
        `look at whoever set ${finalizers[0]}`,
      )
    : broken(
        "claim",
        `it is being deleted, and stays until pod ${users[0]}, which uses it, has gone`,
        `kubectl delete pod ${users[0]} -n ${namespace}`,
      );
}

function* binding({ claim, volumes }: ClaimFacts): Chain {
  const name = claim.spec?.volumeName;
  if (isHidden(volumes)) return yield unseen("volume", `PersistentVolume ${name}`, volumes);
  const volume = volumes.find(({ metadata }) => metadata?.name === name);
  if (volume === undefined)
    return yield broken(
      "volume",
      `PersistentVolume ${name}, which it is bound to, does not exist`,
      "what was on it is not reached any more: delete the claim and make it anew",
    );
  const owner = volume.spec?.claimRef;
  if (owner !== undefined && (owner.name !== claim.metadata?.name || owner.namespace !== claim.metadata?.namespace))
    return yield broken(
      "volume",
      `PersistentVolume ${name} is of another claim, ${owner.namespace}/${owner.name}`,
      "name another volume, or none",
    );
  if (claim.status?.phase !== "Bound")
    return yield unknown("volume", `PersistentVolume ${name} is being bound`, "wait: the events of the claim say more");
  yield ok(
    "volume",
    `${name}, ${volume.spec?.capacity?.["storage"]}, of class ${claim.spec?.storageClassName || "none"}`,
  );
}

function* classLink({ claim, classes, volumes }: ClaimFacts): Generator<Link, StorageClass | undefined> {
  if (isHidden(classes)) {
    yield unseen("class", "the StorageClasses", classes);
    return undefined;
  }
  const name = claim.spec?.storageClassName;
  const offered = classes.map(({ metadata }) => metadata?.name).join(", ") || "none";
  if (name === undefined || name === "") {
    const hasDefault = classes.some(({ metadata }) => metadata?.annotations?.[DEFAULT_CLASS] === "true");
    const fits = !isHidden(volumes) && findVolume(volumes, claim) !== undefined;
    if (fits) yield unknown("class", "it has none, and there is a volume that fits", "wait for it to be bound");
    else
      yield broken(
        "class",
        name === ""
          ? "it is to have no class, and no volume without one fits"
          : "it names no class, and the cluster has no default one",
        name === "" || hasDefault ? `make a PersistentVolume, or name a class: ${offered}` : `name one: ${offered}`,
      );
    return undefined;
  }
  const found = classes.find(({ metadata }) => metadata?.name === name);
  if (found === undefined) {
    yield broken("class", `there is no StorageClass ${name}`, `there are: ${offered}`);
    return undefined;
  }
  yield ok("class", `${name}, volumes by ${found.provisioner}`);
  return found;
}

function* byHand({ claim, volumes, events }: ClaimFacts, { metadata }: StorageClass): Chain {
  if (isHidden(volumes)) return yield unseen("volume", "the PersistentVolumes", volumes);
  const told = last(visible(events) ?? [])?.message;
  yield findVolume(volumes, claim) === undefined
    ? broken(
        "volume",
        `nobody makes volumes of class ${metadata?.name}, and none that there is fits${told === undefined ? "" : `: ${told}`}`,
        "make a PersistentVolume of this class, at least as large and with its access modes",
      )
    : unknown("volume", "there is one that fits", "wait for its pod to be scheduled");
}

function* consumerLink({ claim, pods }: ClaimFacts, { volumeBindingMode }: StorageClass): Chain {
  if (volumeBindingMode !== "WaitForFirstConsumer") return;
  if (isHidden(pods)) return yield unseen("pod", "the pods", pods);
  const { name, namespace } = claim.metadata ?? {};
  const [pod] = pods;
  if (pod === undefined)
    return yield broken(
      "pod",
      "its volume is made when a pod that uses it is scheduled, and none does",
      `make a pod of ${namespace} with a volume persistentVolumeClaim.claimName: ${name}`,
    );
  const { spec, status, metadata } = pod;
  const told = findCondition(status?.conditions, "PodScheduled");
  if (spec?.nodeName === undefined && selectedOf(claim) === undefined)
    return yield broken(
      "pod",
      `pod ${metadata?.name}, which uses it, has no node yet${told?.message === undefined ? "" : `: ${told.message}`}`,
      `liqoctl why pod/${metadata?.name} -n ${namespace}`,
    );
  yield ok("pod", `${metadata?.name} uses it`);
}

function* nodeLink({ claim, node }: ClaimFacts): Chain {
  const name = selectedOf(claim);
  if (name === undefined) return;
  if (isHidden(node)) return yield unseen("node", `Node ${name}`, node);
  if (node === undefined)
    return yield broken(
      "node",
      `${name}, which was chosen for it, does not exist any more`,
      "the scheduler chooses another; else delete its pod",
    );
  yield ok(
    "node",
    `${name} was chosen${isVirtualNode(node) ? `, a virtual node of ${node.metadata?.labels?.[labels.REMOTE_CLUSTER_ID]}` : ""}`,
  );
}

function toldOf(events: Seen<readonly Event[]>, ...reasons: readonly string[]): string | undefined {
  return last(visible(events)?.filter(({ reason = "" }) => reasons.includes(reason)) ?? [])?.message;
}

function* atHome({ claim, events, real }: ClaimFacts, { provisioner }: StorageClass): Chain {
  const failed = toldOf(events, "ProvisioningFailed");
  if (failed !== undefined) return yield broken("volume", `${provisioner} makes none: ${failed}`, "mend what is named");
  if (provisioner !== STORAGE_PROVISIONER)
    return yield broken(
      "volume",
      `${provisioner} has not made one`,
      `see whether it runs in this cluster, and its logs: kubectl describe pvc ${claim.metadata?.name} -n ${claim.metadata?.namespace}`,
    );
  if (isHidden(real)) return yield unseen("volume", "the claim behind it", real);
  yield real === undefined
    ? unknown("volume", "Liqo has not asked for the volume behind it yet", "see whether liqo-controller-manager runs")
    : broken(
        "volume",
        `the claim behind it, ${real.metadata?.namespace}/${real.metadata?.name}, is ${real.status?.phase ?? "Pending"}`,
        `liqoctl why pvc/${real.metadata?.name} -n ${real.metadata?.namespace}`,
      );
}

function* atProvider(facts: ClaimFacts, provider: ClaimProvider): Chain {
  const { id, twin, classes, remote } = provider;
  const { claim } = facts;
  const { name, namespace } = claim.metadata ?? {};
  const isBound = (claim.spec?.volumeName ?? "") !== "";
  if (!isBound && facts.claim.spec?.storageClassName !== undefined && classes.length === 0)
    return yield broken(
      "provider",
      `${id} offers no storage`,
      "let its pod go elsewhere, or ask its administrator for storage classes",
    );
  if (twin === undefined)
    return yield broken("provider", `${namespace} has no twin at ${id}`, `liqoctl why namespace/${namespace}`);
  if (isHidden(remote)) return yield unseen("provider", id, remote, REMOTE_HINT);
  const there = remote.claim;
  if (isHidden(there)) return yield unseen("provider", `the claim at ${id}`, there, REMOTE_HINT);
  if (there !== undefined && there.metadata?.labels?.[labels.DESTINATION] !== id)
    return yield broken(
      "provider",
      nameTaken(id, twin),
      `give this one another name, or delete that one: kubectl delete pvc ${name} -n ${twin}`,
    );
  if (there === undefined) {
    const told = toldOf(facts.events, "ProvisioningFailed", "FailedReflection", "ReschedulingRequired");
    return yield broken(
      "provider",
      `${id} has no claim for it${told === undefined ? "" : `: ${told}`}`,
      "mend what is named, or ask its administrator",
    );
  }
  const phase = there.status?.phase ?? "Pending";
  const told = last(visible(remote.events) ?? [])?.message;
  yield phase === "Bound"
    ? ok("provider", `${id} has its volume, of class ${there.spec?.storageClassName}`)
    : broken(
        "provider",
        `at ${id} the claim is ${phase}${told === undefined ? "" : `: ${told}`}`,
        "ask its administrator, or for another class: annotation liqo.io/remote-storage-class",
      );
}
