/** What an installation or an upgrade does: CRDs, the chart's objects by Helm's rules, and what follows of them. Pure. */
import type { CustomResourceDefinition } from "kubernetes-types/apiextensions/v1";
import type { ClusterRole } from "kubernetes-types/rbac/v1";
import { UNINSTALLING } from "#api/annotations.ts";
import { type Network, networks } from "#api/ipam/network.ts";
import { CONTROLLER_MANAGER } from "#forge/names.ts";
import { customResourceDefinitions, deployments, namespaces, secrets } from "#machinery/builtin.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { CliError } from "../../errors.ts";
import { RELEASE } from "../../helm.ts";
import { type Part, type Right, type Step, step, titleOf } from "../model.ts";
import { type Root, removalOf, unlistedRemarks } from "../removal.ts";
import type { UninstallFacts } from "../uninstalling.ts";
import { crdChange, immutableFields } from "./crds.ts";
import { type FieldChange, fieldChanges, tellFields, tellSome } from "./fields.ts";
import { type FollowerFacts, planFollowers } from "./followers.ts";
import { type OwnFacts, planOwnObjects } from "./own-objects.ts";
import { changedRights } from "./rules.ts";
import { planSwitches, type SwitchFacts } from "./switches.ts";

export interface CrdFacts {
  readonly wanted: readonly CustomResourceDefinition[];
  readonly live: readonly CustomResourceDefinition[];
  /** How many objects there are of one that loses something, by name. */
  readonly counts: ReadonlyMap<string, number>;
}

export interface HelmRecord {
  readonly revision: number;
  /** Such as `deployed`, `superseded`, `uninstalling`. */
  readonly status: string;
}

export interface InstallFacts {
  readonly id: string;
  readonly liqoNamespace: string;
  /** As the chart renders; of hooks only names. */
  readonly wanted: readonly KubeObject[];
  readonly hooks: readonly string[];
  /** The manifest of the release that is upgraded. */
  readonly before: readonly KubeObject[];
  /** What there is of both, in full, by title. */
  readonly live: ReadonlyMap<string, KubeObject>;
  /** Helm's, the oldest first. */
  readonly records: readonly HelmRecord[];
  readonly crds: CrdFacts;
  readonly own: OwnFacts;
  readonly followers: FollowerFacts;
  readonly switches: SwitchFacts;
  readonly present: Pick<UninstallFacts, "objects" | "unlisted">;
  readonly remarks: readonly string[];
}

/** Throws a CliError for what the API server would refuse. */
export function planInstalling(facts: InstallFacts): Part[] {
  const { id, liqoNamespace, present, live } = facts;
  const changed = changedObjects(facts);
  checkMutable(facts, changed);
  const own = planOwnObjects(facts.own);
  const roots = [...deletedRoots(facts), ...own.roots];
  const isThere = new Set(present.objects.map(titleOf));
  return [
    {
      steps: [
        step(id, "create", namespaces, { metadata: { name: liqoNamespace } }, "where Liqo is installed"),
        ...facts.wanted
          .filter((object) => !live.has(titleOf(object)))
          .map((object): Step => ({ cluster: id, verb: "create", object, why: comingWhy(object) })),
        ...own.steps,
      ].filter(({ verb, object }) => isThere.has(titleOf(object)) === (verb !== "create")),
      rights: changed.flatMap((change) => rightsOf(id, change)),
      remarks: [...facts.remarks, ...unlistedRemarks(present.unlisted, id)],
    },
    {
      steps: changed.map(({ object, fields }) => changeStep(id, object, fields)),
      remarks: changed.some(isOtherManager) ? [OTHER_MANAGER] : [],
    },
    { steps: removalOf(id, present.objects, roots), remarks: keptRemarks(facts) },
    planCrds(id, facts.crds),
    { steps: [...recordSteps(facts), ...withdrawal(facts)], remarks: facts.hooks.map(tellHook) },
    planFollowers(facts.followers, changed),
    planSwitches(facts.switches),
  ];
}

function comingWhy(object: KubeObject): string {
  const cidr = object.kind === networks.kind ? (object as Network).spec?.cidr : undefined;
  return `it is of the chart${cidr === undefined ? "" : `: ${cidr}`}`;
}

/** An object of the chart that is there, and what of it would be another. */
export interface Changed {
  readonly object: KubeObject;
  readonly live: KubeObject;
  readonly fields: readonly FieldChange[];
}

function changedObjects({ wanted, before, live }: InstallFacts): Changed[] {
  const was = new Map(before.map((object) => [titleOf(object), object]));
  return wanted.flatMap((object) => {
    const found = live.get(titleOf(object));
    if (found === undefined) return [];
    const fields = fieldChanges({ live: found, after: object, before: was.get(titleOf(object)) });
    return fields.length === 0 ? [] : [{ object, live: found, fields }];
  });
}

const OTHER_MANAGER =
  "another liqo-controller-manager may write what it has made otherwise, such as tables: that is not told";

function isOtherManager({ object, fields }: Changed): boolean {
  return object.metadata?.name === CONTROLLER_MANAGER && fields.some(({ path }) => path.endsWith("].image"));
}

function changeStep(cluster: string, object: KubeObject, fields: readonly FieldChange[]): Step {
  // What is in a Secret is nobody's business.
  const told = object.kind === "Secret" ? tellSome(fields.map(({ path }) => path)) : tellFields(fields);
  return { cluster, verb: "change", object, why: told, fields: fields.map(({ path }) => path) };
}

function rightsOf(cluster: string, { object, live }: Changed): Right[] {
  if (object.kind !== "ClusterRole" && object.kind !== "Role") return [];
  return changedRights(cluster, live as ClusterRole, object as ClusterRole);
}

/** Kubernetes: the validation of each kind's update; of custom resources the CRD says it. */
const IMMUTABLE: Readonly<Record<string, readonly string[]>> = {
  ClusterRoleBinding: ["roleRef"],
  DaemonSet: ["spec.selector"],
  Deployment: ["spec.selector"],
  RoleBinding: ["roleRef"],
  RuntimeClass: ["handler"],
  Service: ["spec.clusterIP"],
  StorageClass: ["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"],
};

function checkMutable({ crds }: InstallFacts, changed: readonly Changed[]): void {
  for (const { object, fields } of changed) {
    const crd = crds.wanted.find(({ spec }) => spec.names.kind === object.kind);
    const fixed = crd === undefined ? (IMMUTABLE[object.kind ?? ""] ?? []) : immutableFields(crd);
    const found = fields.find(({ path }) => fixed.some((field) => path === field || path.startsWith(`${field}.`)));
    if (found === undefined) continue;
    throw new CliError(
      `${titleOf(object)}: ${found.path} is immutable, and would become ${JSON.stringify(found.to)} instead of ${JSON.stringify(found.from)}`,
      { hint: "leave the value as it is, or `liqoctl uninstall` first" },
    );
  }
}

/** What the release had and has no more. */
function deletedRoots({ before, wanted, live, present }: InstallFacts): Root[] {
  const stays = new Set(wanted.map(titleOf));
  return before.flatMap((object) => {
    const title = titleOf(object);
    const found = live.get(title);
    if (stays.has(title) || found === undefined || isKept(found)) return [];
    const listed = present.objects.find((each) => titleOf(each) === title);
    return [{ object: listed ?? found, why: "it is of the chart no more" }];
  });
}

function isKept({ metadata }: KubeObject): boolean {
  return metadata?.annotations?.["helm.sh/resource-policy"] === "keep";
}

function keptRemarks({ before, wanted, live }: InstallFacts): string[] {
  const stays = new Set(wanted.map(titleOf));
  return before
    .map(titleOf)
    .filter((title) => !stays.has(title))
    .flatMap((title) => {
      const found = live.get(title);
      return found !== undefined && isKept(found) ? [`${title} stays: the chart keeps it`] : [];
    });
}

function planCrds(id: string, { wanted, live, counts }: CrdFacts): Part {
  const there = new Map(live.map((crd) => [crd.metadata?.name, crd]));
  const steps: Step[] = [];
  const breaks: string[] = [];
  for (const crd of wanted) {
    const { name = "" } = crd.metadata ?? {};
    const found = there.get(name);
    if (found === undefined) {
      steps.push(step(id, "create", customResourceDefinitions, crd, `the kind ${crd.spec.names.kind}`));
      continue;
    }
    const { fields, gone } = crdChange(found, crd);
    if (fields.length > 0)
      steps.push({
        ...step(id, "change", customResourceDefinitions, crd, tellSome(fields)),
        fields,
      });
    const count = counts.get(name) ?? 0;
    if (gone.length > 0 && count > 0)
      breaks.push(`${count} objects of ${name} at ${id} lose what their kind has no more: ${gone.join(", ")}`);
  }
  return { steps, breaks };
}

/** Helm keeps as many records of a release. */
const MAX_RECORDS = 10;

function recordSteps({ id, liqoNamespace: namespace, records }: InstallFacts): Step[] {
  const record = (verb: Step["verb"], revision: number, why: string): Step =>
    step(id, verb, secrets, { metadata: { namespace, name: `sh.helm.release.v1.${RELEASE}.v${revision}` } }, why);
  const last = records.at(-1);
  const next = (last?.revision ?? 0) + 1;
  // Helm takes back what was refused by a revision of its own.
  const isRefused = last?.status === "uninstalling";
  const come = isRefused ? [next, next + 1] : [next];
  const deployed = records.filter(({ status }) => status === "deployed");
  const old = records
    .filter((each) => !deployed.includes(each))
    .slice(0, Math.max(0, records.length + come.length - MAX_RECORDS));
  return [
    ...come.map((revision) => record("create", revision, "Helm's record of the release")),
    ...deployed.map(({ revision }) => record("change", revision, "Helm's record of the release before")),
    ...old.map(({ revision }) => record("delete", revision, `Helm keeps ${MAX_RECORDS} records`)),
  ];
}

/** An uninstallation that was begun and given up. */
function withdrawal({ id, liqoNamespace: namespace, live }: InstallFacts): Step[] {
  const manager = { metadata: { namespace, name: CONTROLLER_MANAGER } };
  const found = live.get(titleOf({ ...manager, kind: deployments.kind }));
  if (found?.metadata?.annotations?.[UNINSTALLING] === undefined) return [];
  return [step(id, "change", deployments, manager, "it is being uninstalled no more")];
}

function tellHook(title: string): string {
  return `the chart's hook ${title} runs: what it does is not told`;
}
