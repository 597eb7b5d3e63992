/**
 * The Secrets, ConfigMaps and claims that a pod names: what its node may read, and what admission looks up.
 * Kubernetes: pkg/api/v1/pod/util.go (VisitPodSecretNames, VisitPodConfigmapNames)
 */
import type { Container, EphemeralContainer, Pod, Volume } from "kubernetes-types/core/v1";

export interface PodReferences {
  readonly secrets: ReadonlySet<string>;
  readonly configMaps: ReadonlySet<string>;
  readonly claims: ReadonlySet<string>;
}

export function referencesOf(pod: Pod): PodReferences {
  const secrets = new Set<string | undefined>();
  const configMaps = new Set<string | undefined>();
  const claims = new Set<string | undefined>();
  for (const reference of pod.spec?.imagePullSecrets ?? []) secrets.add(reference.name);
  for (const volume of pod.spec?.volumes ?? []) collectVolume(pod, volume, { secrets, configMaps, claims });
  for (const container of containersOf(pod)) {
    for (const source of container.envFrom ?? []) {
      secrets.add(source.secretRef?.name);
      configMaps.add(source.configMapRef?.name);
    }
    for (const variable of container.env ?? []) {
      secrets.add(variable.valueFrom?.secretKeyRef?.name);
      configMaps.add(variable.valueFrom?.configMapKeyRef?.name);
    }
  }
  return { secrets: definedNames(secrets), configMaps: definedNames(configMaps), claims: definedNames(claims) };
}

/** Init, ordinary and ephemeral containers. */
export function containersOf(pod: Pod): readonly (Container | EphemeralContainer)[] {
  const { initContainers = [], containers = [], ephemeralContainers = [] } = pod.spec ?? {};
  return [...initContainers, ...containers, ...ephemeralContainers];
}

function collectVolume(
  pod: Pod,
  volume: Volume,
  into: { secrets: Set<string | undefined>; configMaps: Set<string | undefined>; claims: Set<string | undefined> },
): void {
  into.secrets.add(volume.secret?.secretName);
  into.configMaps.add(volume.configMap?.name);
  into.claims.add(volume.persistentVolumeClaim?.claimName);
  if (volume.ephemeral !== undefined) into.claims.add(`${pod.metadata?.name ?? ""}-${volume.name}`);
  into.secrets.add(volume.csi?.nodePublishSecretRef?.name);
  for (const source of volume.projected?.sources ?? []) {
    into.secrets.add(source.secret?.name);
    into.configMaps.add(source.configMap?.name);
  }
}

function definedNames(names: Set<string | undefined>): ReadonlySet<string> {
  return new Set([...names].filter((name) => name !== undefined));
}
