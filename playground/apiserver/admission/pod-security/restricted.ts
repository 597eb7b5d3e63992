/** What the level restricted adds to baseline, in the order in which it is told. Kubernetes: pod-security-admission/policy/check_*.go, 1.34 */
import type { Volume } from "kubernetes-types/core/v1";
import { badSeccomp } from "./baseline.ts";
import {
  type Check,
  containersWith,
  isWindows,
  named,
  type PodLike,
  plural,
  quoted,
  setters,
  sorted,
  type Violation,
} from "./check.ts";

const VOLUMES = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
];

export const RESTRICTED: readonly Check[] = [
  { id: "allowPrivilegeEscalation", since: 8, find: findEscalation },
  { id: "capabilities_restricted", since: 22, overrides: "capabilities_baseline", find: findCapabilities },
  { id: "restrictedVolumes", since: 0, overrides: "hostPathVolumes", find: findVolumes },
  { id: "runAsNonRoot", since: 0, find: findRoot },
  { id: "runAsUser", since: 23, find: findUserZero },
  { id: "seccompProfile_restricted", since: 19, overrides: "seccompProfile_baseline", find: findSeccomp },
];

function findEscalation(pod: PodLike, minor: number): Violation | undefined {
  if (isWindows(pod, minor)) return undefined;
  const containers = containersWith(pod.spec, ({ allowPrivilegeEscalation }) => allowPrivilegeEscalation !== false);
  if (containers.length === 0) return undefined;
  return {
    reason: "allowPrivilegeEscalation != false",
    detail: `${named(containers)} must set securityContext.allowPrivilegeEscalation=false`,
  };
}

function findCapabilities(pod: PodLike, minor: number): Violation | undefined {
  if (isWindows(pod, minor)) return undefined;
  const added: string[] = [];
  const keeping = containersWith(pod.spec, ({ capabilities }) => !(capabilities?.drop ?? []).includes("ALL"));
  const adding = containersWith(pod.spec, ({ capabilities }) => {
    const bad = (capabilities?.add ?? []).filter((name) => name !== "NET_BIND_SERVICE");
    added.push(...bad);
    return bad.length > 0;
  });
  const details = [
    ...(keeping.length > 0 ? [`${named(keeping)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(adding.length > 0
      ? [`${named(adding)} must not include ${quoted(sorted(added))} in securityContext.capabilities.add`]
      : []),
  ];
  return details.length === 0 ? undefined : { reason: "unrestricted capabilities", detail: details.join("; ") };
}

function findVolumes({ spec }: PodLike): Violation | undefined {
  const bad = (spec.volumes ?? []).filter((volume) => !VOLUMES.includes(sourceOf(volume)));
  if (bad.length === 0) return undefined;
  const types = sorted(bad.map(sourceOf));
  const names = `${plural("volume", "volumes", bad.length)} ${quoted(bad.map(({ name }) => name))}`;
  const what = plural("restricted volume type", "restricted volume types", types.length);
  const detail = `${names} ${plural("uses", "use", bad.length)} ${what} ${quoted(types)}`;
  return { reason: "restricted volume types", detail };
}

/** The field that says where the volume comes from. */
function sourceOf(volume: Volume): string {
  return Object.entries(volume).find(([field, value]) => field !== "name" && value !== undefined)?.[0] ?? "unknown";
}

function findRoot({ spec }: PodLike): Violation | undefined {
  const reason = "runAsNonRoot != true";
  const ofPod = spec.securityContext?.runAsNonRoot;
  const explicit = containersWith(spec, ({ runAsNonRoot }) => runAsNonRoot === false);
  const who = setters(ofPod === false, explicit);
  if (who !== undefined) return { reason, detail: `${who} must not set securityContext.runAsNonRoot=false` };
  const implicit = ofPod === true ? [] : containersWith(spec, ({ runAsNonRoot }) => runAsNonRoot === undefined);
  if (implicit.length === 0) return undefined;
  return { reason, detail: `pod or ${named(implicit)} must set securityContext.runAsNonRoot=true` };
}

function findUserZero({ spec }: PodLike): Violation | undefined {
  const containers = containersWith(spec, ({ runAsUser }) => runAsUser === 0);
  const who = setters(spec.securityContext?.runAsUser === 0, containers);
  return who === undefined ? undefined : { reason: "runAsUser=0", detail: `${who} must not set runAsUser=0` };
}

function findSeccomp(pod: PodLike, minor: number): Violation | undefined {
  if (isWindows(pod, minor)) return undefined;
  const reason = "seccompProfile";
  const { who, values } = badSeccomp(pod);
  if (who !== undefined)
    return { reason, detail: `${who} must not set securityContext.seccompProfile.type to ${quoted(values)}` };
  if (pod.spec.securityContext?.seccompProfile !== undefined) return undefined;
  const implicit = containersWith(pod.spec, ({ seccompProfile }) => seccompProfile === undefined);
  if (implicit.length === 0) return undefined;
  const detail = `pod or ${named(implicit)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`;
  return { reason, detail };
}
