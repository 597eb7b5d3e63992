/** Pods against a level of Pod Security. Kubernetes: pod-security-admission/policy/registry.go, admission/admission.go */
import type { Pod } from "kubernetes-types/core/v1";
import { BASELINE } from "./baseline.ts";
import type { PodLike, Violation } from "./check.ts";
import { formatLevel, type LevelVersion } from "./policy.ts";
import { RESTRICTED } from "./restricted.ts";

/** The version whose rules `latest` means, and any that is newer. */
const LATEST_MINOR = 34;
// Kubernetes: defaultNamespaceMaxPodsToCheck
const MAX_PODS = 3_000;

export function violations({ level, version }: LevelVersion, pod: PodLike): Violation[] {
  if (level === "privileged") return [];
  const minor = version === "latest" ? LATEST_MINOR : Math.min(Number(version.slice("v1.".length)), LATEST_MINOR);
  const own = level === "restricted" ? RESTRICTED.filter(({ since }) => since <= minor) : [];
  const overridden = own.map(({ overrides }) => overrides);
  const inherited = BASELINE.filter(({ id, since }) => since <= minor && !overridden.includes(id));
  return [...inherited, ...own].flatMap((check) => check.find(pod, minor) ?? []);
}

/** `host namespaces (hostNetwork=true), privileged (…)` */
export function formatViolations(found: readonly Violation[]): string {
  return found.map(({ reason, detail }) => `${reason} (${detail})`).join(", ");
}

/** What is told to who tightens the level of a namespace with pods in it. `isLate` ends the search. */
export function existingPodWarnings(
  { namespace, enforce }: { readonly namespace: string; readonly enforce: LevelVersion },
  pods: readonly Pod[],
  isLate: () => boolean,
): string[] {
  const byReason = new Map<string, string[]>();
  let checked = 0;
  for (const { metadata, spec } of firstOfEachOwner(pods).slice(0, MAX_PODS)) {
    checked++;
    const found = spec === undefined ? [] : violations(enforce, { metadata, spec });
    const reason = found.map((violation) => violation.reason).join(", ");
    if (found.length > 0) byReason.set(reason, [...(byReason.get(reason) ?? []), metadata?.name ?? ""]);
    if (isLate()) break;
  }
  const lines = [...byReason].map(([reason, names]) => `${shownNames(names)}: ${reason}`).sort();
  const level = formatLevel(enforce);
  return [
    ...(checked < pods.length
      ? [`new PodSecurity enforce level only checked against the first ${checked} of ${pods.length} existing pods`]
      : []),
    ...(lines.length > 0
      ? [`existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level "${level}"`]
      : []),
    ...lines,
  ];
}

/** Copies of a pod come after one of each kind. */
function firstOfEachOwner(pods: readonly Pod[]): Pod[] {
  const owners = new Set<string>();
  const [first, more]: [Pod[], Pod[]] = [[], []];
  for (const pod of pods) {
    const owner = pod.metadata?.ownerReferences?.find(({ controller }) => controller === true)?.uid;
    if (owner !== undefined && owners.has(owner)) more.push(pod);
    else first.push(pod);
    if (owner !== undefined) owners.add(owner);
  }
  return [...first, ...more];
}

function shownNames(names: readonly string[]): string {
  const [first = ""] = [...names].sort();
  const more = names.length - 1;
  if (more === 0) return first;
  return `${first} (and ${more} other ${more === 1 ? "pod" : "pods"})`;
}
