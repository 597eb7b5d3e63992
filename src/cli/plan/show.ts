/** A plan for people: what is created, changed and deleted by cluster, then rights, addresses, pods and data. Pure. */
import type { Address, Change, Plan, PodFate, Right, Verb } from "./model.ts";

const MARKS: Readonly<Record<Verb, string>> = { create: "+", change: "~", delete: "-" };
const TEMPORARY_MARK = "±";
const COLOURS: Readonly<Record<string, number>> = { "+": 32, "~": 33, "-": 31 };

/** `isColoured`: for a terminal. */
export function formatPlan(plan: Plan, isColoured: boolean): string {
  const line = (mark: string, text: string): string => `  ${paint(mark, isColoured)} ${text}`;
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : [title, ...lines, ""];
  const clusters = [...new Set(plan.changes.map(({ cluster }) => cluster))];
  return [
    ...clusters.flatMap((cluster) =>
      section(
        cluster,
        plan.changes
          .filter((change) => change.cluster === cluster)
          .map((change) => line(change.isTemporary === true ? TEMPORARY_MARK : MARKS[change.verb], told(change))),
      ),
    ),
    ...section(
      "rights",
      plan.rights.map((right) => line(right.verb === "grant" ? "+" : "-", toldRight(right))),
    ),
    ...section(
      "addresses",
      plan.addresses.map((address) => line(address.problem === undefined ? " " : "-", toldAddress(address))),
    ),
    ...section("pods", [
      ...plan.pods.filter(({ fate }) => fate !== "stays").map((pod) => line(POD_MARKS[pod.fate], toldPod(pod))),
      ...toldStaying(plan.pods.filter(({ fate }) => fate === "stays")).map((text) => line(" ", text)),
    ]),
    ...section(
      "data that is lost",
      plan.data.map(({ cluster, namespace, name, size }) =>
        line("-", `claim ${namespace}/${name} (${size}) at ${cluster}`),
      ),
    ),
    ...section(
      "remarks",
      plan.remarks.map((text) => line("!", text)),
    ),
    summary(plan),
    ...(plan.changes.length === 0 ? [] : [`To do it: ${plan.command}`]),
  ].join("\n");
}

const POD_MARKS: Readonly<Record<PodFate["fate"], string>> = { moves: "~", replaced: "~", ends: "-", stays: " " };

function paint(mark: string, isColoured: boolean): string {
  const colour = COLOURS[mark];
  return isColoured && colour !== undefined ? `\u001b[${colour}m${mark}\u001b[0m` : mark;
}

function told({ kind, namespace, name, why }: Change): string {
  return `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}: ${why}`;
}

function toldRight({ cluster, verb, role, to, namespace }: Right): string {
  const where = namespace === undefined ? `all of ${cluster}` : `namespace ${namespace} of ${cluster}`;
  return verb === "grant" ? `${to} gets ${role} in ${where}` : `${to} has ${role} in ${where} no more`;
}

/** `pod CIDR 10.244.0.0/16 of rome is expected to be 10.245.0.0/16 in milan` */
export function toldAddress({ cluster, of, type, cidr, seenAs, isExpected, problem }: Address): string {
  const what = `${type} CIDR ${cidr} of ${of}`;
  if (seenAs === undefined) return `${what} finds no place in ${cluster}: ${problem}`;
  const is = isExpected === true ? "is expected to be" : "is";
  return `${what} ${is} ${seenAs === cidr ? "the same" : seenAs} in ${cluster}`;
}

function toldPod({ cluster, namespace, name, fate, from, to, why }: PodFate): string {
  const way =
    fate === "moves"
      ? ` from ${from ?? "nowhere"} to ${to ?? "another node"}`
      : from === undefined
        ? ""
        : ` on ${from}`;
  return `${namespace}/${name} of ${cluster} ${fate === "replaced" ? "is replaced" : fate}${way}: ${why}`;
}

/** Of these there may be very many, and nothing happens to them. */
function toldStaying(pods: readonly PodFate[]): string[] {
  const groups = Map.groupBy(pods, ({ cluster, namespace, why }) => `namespace ${namespace} of ${cluster}: ${why}`);
  return [...groups].map(
    ([where, all]) => `${all.length === 1 ? "1 pod stays" : `${all.length} pods stay`} in ${where}`,
  );
}

function summary({ changes, destructive }: Plan): string {
  const temporary = changes.filter(({ isTemporary }) => isTemporary === true).length;
  const count = (verb: Verb): number =>
    changes.filter((change) => change.verb === verb && change.isTemporary !== true).length;
  const meanwhile = temporary === 0 ? "" : `, ${temporary} there for a while`;
  const counts = `${count("create")} created, ${count("change")} changed, ${count("delete")} deleted${meanwhile}`;
  const harm = destructive.length === 0 ? "nothing destructive" : `destructive: ${named(destructive)}`;
  return `Nothing is written. It would be: ${counts}; ${harm}`;
}

// A screen has some 25 lines; `-o json` has all.
const MAX_NAMED = 5;

function named(texts: readonly string[]): string {
  const more = texts.length > MAX_NAMED ? `; and ${texts.length - MAX_NAMED} more` : "";
  return `${texts.slice(0, MAX_NAMED).join("; ")}${more}`;
}
