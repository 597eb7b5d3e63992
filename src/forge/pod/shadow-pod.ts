/**
 * The ShadowPod of a local pod, as it is created; what follows the local pod later on is in shadow-changes.ts.
 * Upstream: pkg/virtualKubelet/forge/pods.go (RemoteShadowPod)
 */
import type { Container, EphemeralContainer, Pod, PodSpec, Toleration } from "kubernetes-types/core/v1";
import * as annotations from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import type { ShadowPod } from "#api/offloading/shadow.ts";
import type { VirtualNode } from "#api/offloading/virtualnode.ts";
import { NOT_ALLOWED_TAINT } from "../node.ts";
import { forgeReflectedMetadata, type ReflectionScope } from "../reflected-metadata.ts";
import { forgeAffinity } from "./affinity.ts";
import { type ApiServerAccess, apiServerAliases, withApiServerEnvironment } from "./api-server.ts";
import { keptFields } from "./fields.ts";
import { withoutMergedKeys } from "./label-keys.ts";
import { forgeVolumes, isTokenVolume } from "./volumes.ts";

export type OffloadingPatch = NonNullable<NonNullable<VirtualNode["spec"]>["offloadingPatch"]>;

export interface ShadowPodOptions {
  readonly scope: ReflectionScope;
  readonly patch?: OffloadingPatch | undefined;
  readonly apiServer: ApiServerAccess;
  /** The RuntimeClass that means "on a virtual node", which providers do not have. */
  readonly liqoRuntimeClass: string;
}

export function forgeShadowPod(local: Pod, namespace: string, options: ShadowPodOptions): ShadowPod {
  return { metadata: forgeShadowMetadata(local, namespace, options.scope), spec: { pod: forgeSpec(local, options) } };
}

/** Labels and annotations, which follow the local pod after creation. */
export function forgeShadowMetadata(
  local: Pod,
  namespace: string,
  scope: ReflectionScope,
): NonNullable<ShadowPod["metadata"]> {
  const metadata = forgeReflectedMetadata(local, namespace, scope);
  return { ...metadata, labels: { ...metadata.labels, [labels.NODE_NAME]: scope.nodeName } };
}

function forgeSpec(local: Pod, options: ShadowPodOptions): PodSpec {
  const spec = local.spec ?? { containers: [] };
  const { patch } = options;
  const access = accessOf(local, options.apiServer);
  const mounted = access.support === "Remote" ? withoutTokenMounts(spec) : spec;
  const affinity = forgeAffinity(local, patch);
  const hostAliases = [...(spec.hostAliases ?? []), ...apiServerAliases(access)];
  const runtimeClassName = runtimeClassOf(local, options);
  const environment = (containers: PodSpec["containers"]) =>
    withApiServerEnvironment(containers, access, spec.serviceAccountName);
  const volumes = forgeVolumes(local, mounted.volumes, access.support, options.scope.origin);
  return {
    ...keptFields(spec),
    containers: environment(mounted.containers),
    ...(mounted.initContainers !== undefined && { initContainers: environment(mounted.initContainers) }),
    ...(volumes.length > 0 && { volumes }),
    automountServiceAccountToken: access.support === "Remote",
    ...remoteServiceAccount(local, access),
    ...(hostAliases.length > 0 && { hostAliases }),
    ...tolerationsOf(spec, patch),
    ...(patch?.nodeSelector !== undefined && { nodeSelector: { ...patch.nodeSelector } }),
    ...(affinity !== undefined && { affinity }),
    ...(runtimeClassName !== undefined && { runtimeClassName }),
    ...(spec.topologySpreadConstraints !== undefined && {
      topologySpreadConstraints: spec.topologySpreadConstraints.map(withoutMergedKeys),
    }),
  };
}

/**
 * The local pod's debugging containers, which no pod can be created with. Without those that have ended: none of them ever
 * runs twice, and the provider may have to make the pod again.
 */
export function forgeEphemeralContainers(local: Pod, options: ShadowPodOptions): EphemeralContainer[] {
  const { ephemeralContainers = [], volumes = [], serviceAccountName } = local.spec ?? {};
  const statuses = local.status?.ephemeralContainerStatuses ?? [];
  const ended = statuses.flatMap(({ name, state }) => (state?.terminated === undefined ? [] : [name]));
  const alive = ephemeralContainers.filter(({ name }) => !ended.includes(name));
  const access = accessOf(local, options.apiServer);
  const dropped = access.support === "Remote" ? volumes.filter(isTokenVolume).map(({ name }) => name) : [];
  return withApiServerEnvironment(withoutMounts(alive, dropped), access, serviceAccountName);
}

/** The annotation of a pod wins over what the virtual node offers. */
function accessOf(local: Pod, access: ApiServerAccess): ApiServerAccess {
  const wish = local.metadata?.annotations?.[annotations.API_SERVER_SUPPORT];
  if (wish === "disabled") return { ...access, support: "Disabled" };
  if (wish === "remote") return { ...access, support: "Remote" };
  return access;
}

function remoteServiceAccount(local: Pod, access: ApiServerAccess): { serviceAccountName?: string } {
  if (access.support !== "Remote") return {};
  const name = local.metadata?.annotations?.[annotations.REMOTE_SERVICE_ACCOUNT_NAME] ?? local.spec?.serviceAccountName;
  return name === undefined ? {} : { serviceAccountName: name };
}

/** The provider's own admission mounts the token of its own service account. */
function withoutTokenMounts(spec: PodSpec): PodSpec {
  const dropped = (spec.volumes ?? []).filter(isTokenVolume).map(({ name }) => name);
  return {
    ...spec,
    containers: withoutMounts(spec.containers, dropped),
    ...(spec.initContainers !== undefined && { initContainers: withoutMounts(spec.initContainers, dropped) }),
    ...(spec.volumes !== undefined && { volumes: spec.volumes.filter(({ name }) => !dropped.includes(name)) }),
  };
}

function withoutMounts<C extends Pick<Container, "volumeMounts">>(
  containers: readonly C[],
  volumes: readonly string[],
): C[] {
  return containers.map(({ volumeMounts, ...container }) => {
    const kept = volumeMounts?.filter(({ name }) => !volumes.includes(name));
    return { ...container, ...(kept !== undefined && { volumeMounts: kept }) } as C;
  });
}

/** Without the one that let the pod come here: a pod does not travel twice unless the patch says so. */
function tolerationsOf(spec: PodSpec, patch: OffloadingPatch | undefined): { tolerations?: Toleration[] } {
  const own = (spec.tolerations ?? []).filter(({ key }) => key !== NOT_ALLOWED_TAINT);
  const added = (patch?.tolerations ?? []).map((toleration) => ({ ...toleration }) as Toleration);
  const tolerations = [...own, ...added];
  return tolerations.length > 0 ? { tolerations } : {};
}

function runtimeClassOf(local: Pod, { patch, liqoRuntimeClass }: ShadowPodOptions): string | undefined {
  const wish = local.metadata?.annotations?.[annotations.REMOTE_RUNTIME_CLASS_NAME];
  if (wish !== undefined && wish !== "") return wish;
  const own = local.spec?.runtimeClassName;
  return own !== undefined && own !== liqoRuntimeClass ? own : patch?.runtimeClassName;
}
