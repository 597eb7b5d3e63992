/** Volumes of an offloaded pod: tokens, the namespace they are of, and root CA come from reflected objects. Upstream: pkg/virtualKubelet/forge/pods.go (RemoteVolumes) */
import { createHash } from "node:crypto";
import type {
  DownwardAPIProjection,
  DownwardAPIVolumeFile,
  Pod,
  Volume,
  VolumeProjection,
} from "kubernetes-types/core/v1";
import { remoteConfigMapName } from "../configmap.ts";
import type { ApiServerSupport } from "./api-server.ts";

export function forgeVolumes(
  local: Pod,
  volumes: readonly Volume[] | undefined,
  support: ApiServerSupport,
  origin: string,
): Volume[] {
  return (volumes ?? []).map((volume) => {
    if (volume.projected === undefined) return volume;
    const hasToken = isTokenOfHome(volume, support);
    const sources = (volume.projected.sources ?? []).flatMap((source) =>
      forgeSource(source, { pod: local.metadata?.name ?? "", volume: volume.name, hasToken, support, origin }),
    );
    return { ...volume, projected: { ...volume.projected, sources } };
  });
}

interface Place {
  readonly pod: string;
  readonly volume: string;
  /** Whether the volume also holds a token of the consumer's API server. */
  readonly hasToken: boolean;
  readonly support: ApiServerSupport;
  readonly origin: string;
}

function forgeSource(source: VolumeProjection, place: Place): VolumeProjection[] {
  if (source.configMap !== undefined) {
    const { name, ...rest } = source.configMap;
    return [{ configMap: { ...rest, ...(name !== undefined && { name: remoteConfigMapName(name, place.origin) }) } }];
  }
  if (source.downwardAPI !== undefined && place.hasToken) return forgeNamespaceFiles(source.downwardAPI, place);
  if (source.serviceAccountToken === undefined) return [source];
  if (place.support === "Disabled") return [];
  const { path } = source.serviceAccountToken;
  return [{ secret: { name: tokenSecretName(place.pod), items: [{ key: tokenKey(place.volume, path), path }] } }];
}

/**
 * Beside a token the namespace is the one that the token is of: clients ask the API server for what is in it. What the
 * downward API says is the twin's name. Upstream leaves it at that.
 */
function forgeNamespaceFiles(projection: DownwardAPIProjection, place: Place): VolumeProjection[] {
  const items = projection.items ?? [];
  const files = items.filter(isNamespace).map(({ path, mode }) => ({
    key: tokenKey(place.volume, path),
    path,
    ...(mode !== undefined && { mode }),
  }));
  const others = items.filter((item) => !isNamespace(item));
  return [
    ...(others.length > 0 || files.length === 0 ? [{ downwardAPI: { ...projection, items: others } }] : []),
    ...(files.length > 0 ? [{ secret: { name: tokenSecretName(place.pod), items: files } }] : []),
  ];
}

/** Keys of the token Secret under which offloaded pods find the name of their namespace at home. */
export function namespaceKeys(pod: Pod): string[] {
  return (pod.spec?.volumes ?? [])
    .filter((volume) => isTokenOfHome(volume, "TokenAPI"))
    .flatMap(({ name, projected }) =>
      (projected?.sources ?? []).flatMap(({ downwardAPI }) =>
        (downwardAPI?.items ?? []).filter(isNamespace).map(({ path }) => tokenKey(name, path)),
      ),
    );
}

function isTokenOfHome({ projected }: Volume, support: ApiServerSupport): boolean {
  return (
    support === "TokenAPI" && (projected?.sources ?? []).some((source) => source.serviceAccountToken !== undefined)
  );
}

function isNamespace({ fieldRef }: DownwardAPIVolumeFile): boolean {
  return fieldRef?.fieldPath === "metadata.namespace";
}

export function tokenSecretName(pod: string): string {
  return `${pod}-token`;
}

/** `kube-api-access-lks6k-3c469e` for the path `token`. */
export function tokenKey(volume: string, path: string): string {
  return `${volume}-${createHash("sha256").update(path).digest("hex").slice(0, 6)}`;
}

/** The volume that the ServiceAccount admission adds. Kubernetes: plugin/pkg/admission/serviceaccount */
export function isTokenVolume(volume: Volume): boolean {
  return volume.name.startsWith("kube-api-access-");
}
