/**
 * A volume of the virtual class at home: a claim of a real class behind the claim, and a volume that is the real one under
 * another name. Upstream: pkg/liqo-controller-manager/offloading/storageprovisioner (localprovisioner.go)
 */
import type { NodeSelector, NodeSelectorTerm, PersistentVolume, PersistentVolumeClaim } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import { STORAGE_PROVISIONER } from "#api/offloading/storage-class.ts";
import { labelValue } from "#machinery/names.ts";
import { PROVISIONED_BY, SELECTED_NODE } from "#machinery/volume.ts";

/** What schedulers before 1.17 wrote; some provisioners still read it. */
const SELECTED_NODE_BEFORE = "volume.alpha.kubernetes.io/selected-node";

/** As provisioners name them: by the uid of the claim. */
export function volumeNameOf(claimUid: string): string {
  return `pvc-${claimUid}`;
}

/** `storageClass` undefined: the cluster's default. */
export function forgeRealClaim(
  claim: PersistentVolumeClaim,
  storageNamespace: string,
  storageClass: string | undefined,
): PersistentVolumeClaim {
  const { namespace = "", name = "", uid = "", annotations } = claim.metadata ?? {};
  const { storageClassName: _class, volumeName: _volume, ...spec } = claim.spec ?? {};
  const node = annotations?.[SELECTED_NODE] ?? "";
  // A name may be longer than a value of a label. The labels are for people: who asks goes by the uid.
  const told = { [labels.VIRTUAL_CLAIM_NAMESPACE]: namespace, [labels.VIRTUAL_CLAIM_NAME]: name };
  return {
    metadata: {
      namespace: storageNamespace,
      name: uid,
      labels: Object.fromEntries(Object.entries(told).filter(([, value]) => labelValue(value).length === 0)),
      annotations: { [SELECTED_NODE]: node, [SELECTED_NODE_BEFORE]: node },
    },
    spec: { ...spec, ...(storageClass !== undefined && { storageClassName: storageClass }) },
  };
}

/** The source of the real volume, where it can be reached, for this claim; on no virtual node. */
export function forgeLocalVolume(
  claim: PersistentVolumeClaim,
  real: PersistentVolume,
  reclaimPolicy: string,
): PersistentVolume {
  const { namespace = "", name = "", uid = "" } = claim.metadata ?? {};
  const { accessModes = [], volumeMode, resources, storageClassName } = claim.spec ?? {};
  const { mountOptions } = real.spec ?? {};
  return {
    metadata: { name: volumeNameOf(uid), annotations: { [PROVISIONED_BY]: STORAGE_PROVISIONER } },
    spec: {
      ...sourceOf(real),
      accessModes: [...accessModes],
      ...(volumeMode !== undefined && { volumeMode }),
      ...(storageClassName !== undefined && { storageClassName }),
      ...(mountOptions !== undefined && { mountOptions }),
      capacity: { storage: resources?.requests?.["storage"] ?? "0" },
      claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name, uid },
      persistentVolumeReclaimPolicy: reclaimPolicy,
      nodeAffinity: { required: atHome(real.spec?.nodeAffinity?.required) },
    },
  };
}

/** Of a volume's spec, whatever is not about its use: the one field that says where it is. */
function sourceOf({ spec = {} }: PersistentVolume): NonNullable<PersistentVolume["spec"]> {
  const {
    accessModes: _modes,
    capacity: _capacity,
    claimRef: _claim,
    mountOptions: _options,
    nodeAffinity: _affinity,
    persistentVolumeReclaimPolicy: _policy,
    storageClassName: _class,
    volumeAttributesClassName: _attributes,
    volumeMode: _mode,
    ...source
  } = spec as NonNullable<PersistentVolume["spec"]> & { volumeAttributesClassName?: string };
  return source;
}

/** Terms are ORed, so each of them is narrowed. */
function atHome(real: NodeSelector | undefined): NodeSelector {
  const notVirtual = { key: labels.TYPE, operator: "DoesNotExist" };
  const terms: readonly NodeSelectorTerm[] = real?.nodeSelectorTerms ?? [];
  return {
    nodeSelectorTerms: (terms.length === 0 ? [{}] : terms).map((term) => ({
      ...term,
      matchExpressions: [notVirtual, ...(term.matchExpressions ?? [])],
    })),
  };
}
