/** Volumes of an offloaded pod: tokens and root CA come from reflected objects. Upstream: pkg/virtualKubelet/forge/pods.go (RemoteVolumes) */
import { createHash } from "node:crypto";
import type { Pod, Volume, VolumeProjection } from "kubernetes-types/core/v1";
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
    const sources = (volume.projected.sources ?? []).flatMap((source) =>
      forgeSource(source, { pod: local.metadata?.name ?? "", volume: volume.name, support, origin }),
    );
    return { ...volume, projected: { ...volume.projected, sources } };
  });
}

interface Place {
  readonly pod: string;
  readonly volume: string;
  readonly support: ApiServerSupport;
  readonly origin: string;
}

function forgeSource(source: VolumeProjection, place: Place): VolumeProjection[] {
  if (source.configMap !== undefined) {
    const { name, ...rest } = source.configMap;
    return [{ configMap: { ...rest, ...(name !== undefined && { name: remoteConfigMapName(name, place.origin) }) } }];
  }
  if (source.serviceAccountToken === undefined) return [source];
  if (place.support === "Disabled") return [];
  const { path } = source.serviceAccountToken;
  return [{ secret: { name: tokenSecretName(place.pod), items: [{ key: tokenKey(place.volume, path), path }] } }];
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
