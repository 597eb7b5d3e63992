/** What comes of `move volume`: claims and volumes at both ends, and what there is for as long as it takes. Pure. */
import type { PersistentVolume, PersistentVolumeClaim } from "kubernetes-types/core/v1";
import { volumeNameOf } from "#forge/storage/local.ts";
import { deployments, jobs, persistentVolumeClaims, persistentVolumes, secrets, services } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import { formatKey, type KubeObject, type ObjectKey } from "#machinery/meta.ts";
import { copyJobNameOf, moveNameOf, restoreJobNameOf } from "../commands/move/forge.ts";
import type { MovePlan } from "../commands/move/plan.ts";
import { type Part, type Step, step } from "./model.ts";

export interface MovingFacts {
  /** Id of this cluster. */
  readonly home: string;
  readonly next: Exclude<MovePlan["do"], "refuse">;
  /** At home. */
  readonly key: ObjectKey & { readonly namespace: string };
  readonly targetNode: string;
  /** As it is before it is made anew; undefined: it has gone already. */
  readonly old: OldVolume | undefined;
  /** Where the claim with the data is to be. */
  readonly target: End;
  /** An earlier run has left its repository. */
  readonly isBegun: boolean;
}

/** The claim behind the claim: in the storage namespace at home, or in the twin at a provider. */
export interface End {
  readonly cluster: string;
  readonly namespace: string;
}

export interface OldVolume {
  readonly claim: PersistentVolumeClaim;
  readonly volume: PersistentVolume | undefined;
  readonly end: End;
  readonly realClaim: string;
  /** Undefined: nobody shows which it is. */
  readonly realVolume: string | undefined;
  /** Undefined: nobody shows it. */
  readonly realPolicy: string | undefined;
}

/** Of objects that are not made yet. */
const NEW_UID = "<uid of the new claim>";
const REAL_UID = "<uid of the claim behind it>";

export function planMoving(facts: MovingFacts): Part {
  const { next, key, targetNode } = facts;
  if (next === "nothing") return { remarks: [`claim ${formatKey(key)} is on node ${targetNode} already`] };
  const isMade = next === "restore" || next === "finish";
  return {
    steps: [...(isMade ? [] : [...oldSteps(facts), ...newSteps(facts)]), ...repositorySteps(facts)],
    remarks: [
      ...(facts.isBegun ? ["a move that was begun goes on"] : []),
      ...(isMade ? [] : [`no pod can use claim ${formatKey(key)} before it is done`, ...policyRemarks(facts)]),
    ],
  };
}

function oldSteps({ home, old }: MovingFacts): Step[] {
  if (old === undefined) return [];
  const { claim, volume, end, realClaim, realVolume, realPolicy } = old;
  const isKept = volume?.spec?.persistentVolumeReclaimPolicy !== "Delete";
  const why = "its data is in the new one by then";
  const real = { metadata: { namespace: end.namespace, name: realClaim } };
  return [
    step(home, "change", persistentVolumeClaims, claim, "it is deleted, and made anew for the node"),
    ...(volume === undefined || isKept ? [] : [step(home, "delete", persistentVolumes, volume, why)]),
    // At a provider the virtual kubelet takes it back, whatever the policy at home.
    ...(isKept && end.cluster === home ? [] : [step(end.cluster, "delete", persistentVolumeClaims, real, why)]),
    ...(realVolume === undefined || (realPolicy ?? "Delete") !== "Delete" || (isKept && end.cluster === home)
      ? []
      : [step(end.cluster, "delete", persistentVolumes, { metadata: { name: realVolume } }, why)]),
  ];
}

function newSteps({ home, key, target }: MovingFacts): Step[] {
  const isHome = target.cluster === home;
  const real = { metadata: { namespace: target.namespace, name: isHome ? NEW_UID : key.name } };
  const volume = (uid: string) => ({ metadata: { name: volumeNameOf(uid) } });
  return [
    step(home, "create", persistentVolumes, volume(NEW_UID), `the volume of claim ${formatKey(key)}`),
    step(target.cluster, "create", persistentVolumeClaims, real, `the claim behind claim ${formatKey(key)}`),
    step(target.cluster, "create", persistentVolumes, volume(REAL_UID), "has the data; its provisioner names it"),
  ];
}

/** All that is owned by the Secret. */
function repositorySteps({ home, key, next, isBegun }: MovingFacts): Step[] {
  const { namespace, name } = key;
  const repository = { metadata: { namespace, name: moveNameOf(name) } };
  const why = "the repository";
  const own = ([secrets, persistentVolumeClaims, services, deployments] as readonly Resource<KubeObject>[]).map(
    (resource) => step(home, isBegun ? "delete" : "create", resource, repository, why),
  );
  const runs = [
    ...(next === "copy" ? [{ name: copyJobNameOf(name), why: "copies and verifies" }] : []),
    ...(next === "finish" ? [] : [{ name: `${restoreJobNameOf(name, "")}${NEW_UID}`, why: "restores and verifies" }]),
  ].map((job) => step(home, "create", jobs, { metadata: { namespace, name: job.name } }, job.why));
  return [...(isBegun ? own : own.map(temporary)), ...runs.map(temporary)];
}

function temporary(each: Step): Step {
  return { ...each, isTemporary: true };
}

function policyRemarks({ old, home }: MovingFacts): string[] {
  if (old === undefined) return [];
  const { volume, end, realVolume, realPolicy } = old;
  const policy = volume?.spec?.persistentVolumeReclaimPolicy;
  if (volume !== undefined && policy !== "Delete")
    return [`PersistentVolume ${volume.metadata?.name} stays, with the old data: its reclaim policy is ${policy}`];
  if (end.cluster !== home && realPolicy === undefined)
    return [`whether ${end.cluster} keeps the old data is not seen: name it by --remote-context`];
  return realPolicy === "Delete" || realVolume === undefined
    ? []
    : [
        `PersistentVolume ${realVolume} of ${end.cluster} stays, with the old data: its reclaim policy is ${realPolicy}`,
      ];
}
