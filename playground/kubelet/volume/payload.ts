/** What files configMap, secret, downwardAPI and projected volumes hold: pure. Kubernetes: pkg/volume/{configmap,secret,downwardapi,projected} */
import type {
  ConfigMap,
  DownwardAPIVolumeFile,
  KeyToPath,
  Pod,
  Secret,
  Volume,
  VolumeProjection,
} from "kubernetes-types/core/v1";
import { fieldOf, type NodeResources, type PodAddresses, resourceOf } from "../pod/field-ref.ts";

export interface PayloadFile {
  readonly content: Buffer;
  readonly mode: number;
}

export type Payload = ReadonlyMap<string, PayloadFile>;

export interface PayloadInput {
  readonly pod: Pod;
  readonly addresses: PodAddresses;
  readonly nodeResources: NodeResources;
  readonly findConfigMap: (name: string) => ConfigMap | undefined;
  readonly findSecret: (name: string) => Secret | undefined;
  /** The token last requested for this projection. */
  readonly findToken: (audience: string, expirationSeconds: number) => string | undefined;
}

/** A volume whose objects are not there yet; the message is the kubelet's. */
export class VolumeNotReady extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "VolumeNotReady";
  }
}

const DEFAULT_MODE = 0o644;
// Kubernetes: pkg/apis/core/v1/defaults.go
const TOKEN_SECONDS = 3600;

/** Undefined when the volume is not made of such files. */
export function payloadOf(volume: Volume, input: PayloadInput): Payload | undefined {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap !== undefined) {
    return new Map(project({ configMap: { ...configMap } }, configMap.defaultMode ?? DEFAULT_MODE, input));
  }
  if (secret !== undefined) {
    const { secretName, items, optional } = secret;
    const projection = {
      ...(secretName !== undefined && { name: secretName }),
      ...(items && { items }),
      ...(optional && { optional }),
    };
    return new Map(project({ secret: projection }, secret.defaultMode ?? DEFAULT_MODE, input));
  }
  if (downwardAPI !== undefined)
    return new Map(project({ downwardAPI }, downwardAPI.defaultMode ?? DEFAULT_MODE, input));
  if (projected === undefined) return undefined;
  const mode = projected.defaultMode ?? DEFAULT_MODE;
  return new Map((projected.sources ?? []).flatMap((source) => project(source, mode, input)));
}

/** The tokens that a volume needs: requested before the payload is made, and again before they expire. */
export function tokensOf(volume: Volume): { audience: string; expirationSeconds: number }[] {
  return (volume.projected?.sources ?? []).flatMap(({ serviceAccountToken: token }) =>
    token === undefined
      ? []
      : [{ audience: token.audience ?? "", expirationSeconds: token.expirationSeconds ?? TOKEN_SECONDS }],
  );
}

/** Names of the objects that a volume reads, so that their changes reach the pod. */
export function objectsOf(volume: Volume): { kind: "ConfigMap" | "Secret"; name: string }[] {
  const sources: VolumeProjection[] = [
    ...(volume.configMap === undefined ? [] : [{ configMap: volume.configMap }]),
    ...(volume.projected?.sources ?? []),
  ];
  const secretName = volume.secret?.secretName;
  return [
    ...(secretName === undefined ? [] : [{ kind: "Secret" as const, name: secretName }]),
    ...sources.flatMap(({ configMap, secret }) => [
      ...(configMap?.name === undefined ? [] : [{ kind: "ConfigMap" as const, name: configMap.name }]),
      ...(secret?.name === undefined ? [] : [{ kind: "Secret" as const, name: secret.name }]),
    ]),
  ];
}

/** The objects that a pod's environment reads. */
export function environmentObjects(pod: Pod): { kind: "ConfigMap" | "Secret"; name: string }[] {
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const configMaps = containers.flatMap((c) => [
    ...(c.envFrom ?? []).map((source) => source.configMapRef?.name),
    ...(c.env ?? []).map((variable) => variable.valueFrom?.configMapKeyRef?.name),
  ]);
  const secrets = containers.flatMap((c) => [
    ...(c.envFrom ?? []).map((source) => source.secretRef?.name),
    ...(c.env ?? []).map((variable) => variable.valueFrom?.secretKeyRef?.name),
  ]);
  const named = (kind: "ConfigMap" | "Secret", names: (string | undefined)[]): { kind: typeof kind; name: string }[] =>
    names.filter((name) => name !== undefined).map((name) => ({ kind, name }));
  return [...named("ConfigMap", configMaps), ...named("Secret", secrets)];
}

function project(source: VolumeProjection, mode: number, input: PayloadInput): [string, PayloadFile][] {
  const { configMap, secret, downwardAPI, serviceAccountToken: token } = source;
  if (configMap !== undefined) {
    const found = input.findConfigMap(configMap.name ?? "");
    if (found === undefined && configMap.optional !== true)
      throw new VolumeNotReady(`configmap "${configMap.name}" not found`);
    const files = new Map(Object.entries(found?.data ?? {}).map(([key, text]) => [key, Buffer.from(text)]));
    for (const [key, base64] of Object.entries(found?.binaryData ?? {})) files.set(key, Buffer.from(base64, "base64"));
    return pick(files, configMap, { mode, what: "configmap" });
  }
  if (secret !== undefined) {
    const found = input.findSecret(secret.name ?? "");
    if (found === undefined && secret.optional !== true) throw new VolumeNotReady(`secret "${secret.name}" not found`);
    const files = Object.entries(found?.data ?? {}).map(([key, base64]): [string, Buffer] => [
      key,
      Buffer.from(base64, "base64"),
    ]);
    return pick(new Map(files), secret, { mode, what: "secret" });
  }
  if (downwardAPI !== undefined) return (downwardAPI.items ?? []).map((item) => downward(item, mode, input));
  if (token === undefined) return [];
  const seconds = token.expirationSeconds ?? TOKEN_SECONDS;
  const value = input.findToken(token.audience ?? "", seconds);
  if (value === undefined) throw new VolumeNotReady("service account token not issued yet");
  return [[token.path, { content: Buffer.from(value), mode }]];
}

function pick(
  files: ReadonlyMap<string, Buffer>,
  selection: { readonly items?: readonly KeyToPath[]; readonly optional?: boolean },
  how: { readonly mode: number; readonly what: string },
): [string, PayloadFile][] {
  if (selection.items === undefined) return [...files].map(([path, content]) => [path, { content, mode: how.mode }]);
  return selection.items.flatMap((item): [string, PayloadFile][] => {
    const content = files.get(item.key);
    if (content !== undefined) return [[item.path, { content, mode: item.mode ?? how.mode }]];
    if (selection.optional === true) return [];
    throw new VolumeNotReady(`references non-existent ${how.what} key: ${item.key}`);
  });
}

function downward(item: DownwardAPIVolumeFile, mode: number, input: PayloadInput): [string, PayloadFile] {
  const [container] = input.pod.spec?.containers ?? [];
  const text =
    item.fieldRef !== undefined
      ? fieldOf(input.pod, item.fieldRef.fieldPath, input.addresses)
      : item.resourceFieldRef !== undefined && container !== undefined
        ? resourceOf(input.pod, container, item.resourceFieldRef, input.nodeResources)
        : undefined;
  return [item.path, { content: Buffer.from(text ?? ""), mode: item.mode ?? mode }];
}
