/**
 * What becomes of each field of a pod on its way to the provider. The forge goes by it, docs/pods.md is made of it, and its
 * test asks the forge about every row. A field that is not here, of a Kubernetes to come, is kept.
 */
import type { PodSpec } from "kubernetes-types/core/v1";
import type { SizedPodSpec } from "#machinery/pod.ts";

export interface FieldFact {
  /** On the way out of the consumer's cluster. */
  readonly fate: "kept" | "changed" | "dropped";
  /** How it is changed, why it is dropped, or what to know of it. */
  readonly note?: string;
  /** What Pod Security of the level `baseline` refuses, which twin namespaces enforce unless the chart says otherwise. */
  readonly refused?: string;
  /** A later change reaches the running pod. */
  readonly follows?: true;
}

export type FieldTable = Readonly<Record<string, FieldFact>>;

const KEPT: FieldFact = { fate: "kept" };
const SCHEDULING = "the provider decides";

export const POD_FIELDS = {
  activeDeadlineSeconds: { fate: "kept", follows: true },
  affinity: {
    fate: "changed",
    note: "node affinity of the VirtualNode's patch, anti-affinity of the pod's annotation",
  },
  automountServiceAccountToken: { fate: "changed", note: "true with the provider's API server, else false" },
  containers: { fate: "changed", note: "see Container", follows: true },
  dnsConfig: KEPT,
  dnsPolicy: KEPT,
  enableServiceLinks: KEPT,
  ephemeralContainers: { fate: "changed", note: "added once the pod is there; see Container", follows: true },
  hostAliases: { fate: "changed", note: "with an alias for the API server at home" },
  hostIPC: { fate: "dropped", note: "the node is the provider's" },
  hostNetwork: { fate: "dropped", note: "the node is the provider's" },
  hostPID: { fate: "dropped", note: "the node is the provider's" },
  hostUsers: { fate: "kept", note: "upstream drops it, and with it the pod's isolation" },
  hostname: KEPT,
  hostnameOverride: KEPT,
  imagePullSecrets: { fate: "kept", note: "the Secrets are reflected" },
  initContainers: { fate: "changed", note: "see Container; sidecars among them", follows: true },
  nodeName: { fate: "dropped", note: SCHEDULING },
  nodeSelector: { fate: "changed", note: "that of the VirtualNode's patch alone" },
  os: { fate: "kept", note: "upstream drops it" },
  overhead: { fate: "dropped", note: "the provider's RuntimeClass says it" },
  preemptionPolicy: { fate: "dropped", note: SCHEDULING },
  priority: { fate: "dropped", note: SCHEDULING },
  priorityClassName: { fate: "dropped", note: SCHEDULING },
  readinessGates: { fate: "dropped", note: "opened at home, where the pod is not ready before" },
  resourceClaims: { fate: "dropped", note: "claims are not reflected: a container that names one is refused" },
  resources: { fate: "kept", note: "counted against the Quota; upstream drops it", follows: true },
  restartPolicy: KEPT,
  runtimeClassName: { fate: "changed", note: "the annotation's, else the pod's unless it is `liqo`, else the patch's" },
  schedulerName: { fate: "dropped", note: SCHEDULING },
  schedulingGates: { fate: "dropped", note: "a pod that has a node has none left" },
  schedulingGroup: { fate: "dropped", note: SCHEDULING },
  securityContext: { fate: "kept", note: "see PodSecurityContext" },
  serviceAccount: { fate: "dropped", note: "old name of `serviceAccountName`" },
  serviceAccountName: { fate: "changed", note: "the provider's with its API server, else none" },
  setHostnameAsFQDN: KEPT,
  shareProcessNamespace: KEPT,
  subdomain: KEPT,
  terminationGracePeriodSeconds: KEPT,
  tolerations: {
    fate: "changed",
    note: "without `virtual-node.liqo.io/not-allowed`, with those of the VirtualNode's patch",
    follows: true,
  },
  topologySpreadConstraints: { fate: "changed", note: "without the `matchLabelKeys` that the API server has merged" },
  volumes: { fate: "changed", note: "see Volume" },
} as const satisfies FieldTable & Readonly<Record<keyof SizedPodSpec, FieldFact>>;

const HOST = "a `host` in it";

/** Containers, init containers and sidecars; of debugging containers also `targetContainerName`. */
export const CONTAINER_FIELDS: FieldTable = {
  args: KEPT,
  command: KEPT,
  env: { fate: "changed", note: "with the API server's variables (`KUBERNETES_…`); see EnvVarSource" },
  envFrom: { fate: "kept", note: "ConfigMaps and Secrets are reflected" },
  image: { fate: "kept", follows: true },
  imagePullPolicy: KEPT,
  lifecycle: { fate: "kept", refused: HOST },
  livenessProbe: { fate: "kept", refused: HOST },
  name: KEPT,
  ports: { fate: "kept", refused: "`hostPort`" },
  readinessProbe: { fate: "kept", refused: HOST },
  resizePolicy: KEPT,
  resources: { fate: "kept", note: "counted against the Quota; resized in place", follows: true },
  restartPolicy: { fate: "kept", note: "`Always` makes an init container a sidecar" },
  restartPolicyRules: KEPT,
  securityContext: { fate: "kept", note: "see SecurityContext" },
  startupProbe: { fate: "kept", refused: HOST },
  stdin: KEPT,
  stdinOnce: KEPT,
  targetContainerName: KEPT,
  terminationMessagePath: KEPT,
  terminationMessagePolicy: KEPT,
  tty: KEPT,
  volumeDevices: KEPT,
  volumeMounts: { fate: "changed", note: "without the token of home with the provider's API server" },
  workingDir: KEPT,
};

export const ENV_SOURCE_FIELDS: FieldTable = {
  configMapKeyRef: KEPT,
  fieldRef: { fate: "changed", note: "`spec.serviceAccountName` becomes the name; `metadata.namespace` is the twin's" },
  fileKeyRef: KEPT,
  resourceFieldRef: KEPT,
  secretKeyRef: KEPT,
};

export const POD_SECURITY_FIELDS: FieldTable = {
  appArmorProfile: { fate: "kept", refused: "`Unconfined`" },
  fsGroup: KEPT,
  fsGroupChangePolicy: KEPT,
  runAsGroup: KEPT,
  runAsNonRoot: KEPT,
  runAsUser: KEPT,
  seLinuxChangePolicy: KEPT,
  seLinuxOptions: { fate: "kept", refused: "`user`, `role`, and types that are not a container's" },
  seccompProfile: { fate: "kept", refused: "`Unconfined`" },
  supplementalGroups: KEPT,
  supplementalGroupsPolicy: KEPT,
  sysctls: { fate: "kept", refused: "unsafe ones" },
  windowsOptions: { fate: "kept", refused: "`hostProcess`" },
};

export const SECURITY_FIELDS: FieldTable = {
  allowPrivilegeEscalation: KEPT,
  appArmorProfile: { fate: "kept", refused: "`Unconfined`" },
  capabilities: { fate: "kept", refused: "more than containers have by default" },
  privileged: { fate: "kept", refused: "`true`" },
  procMount: { fate: "kept", refused: "`Unmasked`" },
  readOnlyRootFilesystem: KEPT,
  runAsGroup: KEPT,
  runAsNonRoot: KEPT,
  runAsUser: KEPT,
  seLinuxOptions: { fate: "kept", refused: "`user`, `role`, and types that are not a container's" },
  seccompProfile: { fate: "kept", refused: "`Unconfined`" },
  windowsOptions: { fate: "kept", refused: "`hostProcess`" },
};

export const VOLUME_FIELDS: FieldTable = {
  awsElasticBlockStore: KEPT,
  azureDisk: KEPT,
  azureFile: KEPT,
  cephfs: KEPT,
  cinder: KEPT,
  configMap: { fate: "kept", note: "the ConfigMap is reflected" },
  csi: { fate: "kept", note: "of a driver that the provider has" },
  downwardAPI: { fate: "kept", note: "`metadata.namespace` is the twin's" },
  emptyDir: KEPT,
  ephemeral: { fate: "kept", note: "the provider makes the claim" },
  fc: KEPT,
  flexVolume: KEPT,
  flocker: KEPT,
  gcePersistentDisk: KEPT,
  gitRepo: KEPT,
  glusterfs: KEPT,
  hostPath: { fate: "kept", refused: "all" },
  image: KEPT,
  iscsi: KEPT,
  name: KEPT,
  nfs: KEPT,
  persistentVolumeClaim: { fate: "kept", note: "claims of the class `liqo` are reflected" },
  photonPersistentDisk: KEPT,
  portworxVolume: KEPT,
  projected: { fate: "changed", note: "see VolumeProjection" },
  quobyte: KEPT,
  rbd: KEPT,
  scaleIO: KEPT,
  secret: { fate: "kept", note: "the Secret is reflected" },
  storageos: KEPT,
  vsphereVolume: KEPT,
};

export const PROJECTION_FIELDS: FieldTable = {
  clusterTrustBundle: { fate: "kept", note: "the provider's" },
  configMap: { fate: "changed", note: "the root CA has another name there" },
  downwardAPI: { fate: "changed", note: "beside a token the namespace is the one at home" },
  podCertificate: { fate: "kept", note: "of a signer that the provider has" },
  secret: { fate: "kept", note: "the Secret is reflected" },
  serviceAccountToken: { fate: "changed", note: "from the reflected Secret `<pod>-token`, or dropped without support" },
};

/** What the forge copies; it knows what to do about the others. */
export function keptFields(spec: PodSpec): Partial<PodSpec> {
  const table: FieldTable = POD_FIELDS;
  return Object.fromEntries(
    Object.entries(spec).filter(([field, value]) => value !== undefined && (table[field]?.fate ?? "kept") === "kept"),
  );
}
