import assert from "node:assert/strict";
import { test } from "node:test";
import type { PersistentVolume, PersistentVolumeClaim, Pod } from "kubernetes-types/core/v1";
import type { StorageClass } from "kubernetes-types/storage/v1";
import { clusterOf, nodeNamed, podNamed } from "#kit/cluster-objects.ts";
import type { StorageState } from "../storage-state.ts";
import { undecidedClaims, volumeBinding } from "./volume-binding.ts";

const BOUND = { "pv.kubernetes.io/bind-completed": "yes" };
const nodes = [nodeNamed("rome-1"), nodeNamed("rome-2")];

function claim(own: PersistentVolumeClaim): PersistentVolumeClaim {
  return { ...own, metadata: { name: "data", namespace: "off", uid: "c1", ...own.metadata } };
}

function volumeOn(name: string, nodeName: string, own: PersistentVolume["spec"] = {}): PersistentVolume {
  const expression = { key: "kubernetes.io/hostname", operator: "In", values: [nodeName] };
  const nodeAffinity = { required: { nodeSelectorTerms: [{ matchExpressions: [expression] }] } };
  return {
    metadata: { name },
    spec: { accessModes: ["ReadWriteOnce"], capacity: { storage: "1Gi" }, nodeAffinity, ...own },
  };
}

function storageOf(
  claims: PersistentVolumeClaim[],
  volumes: PersistentVolume[],
  classes: StorageClass[],
): StorageState {
  return {
    findClaim: (namespace, name) =>
      claims.find(({ metadata }) => metadata?.namespace === namespace && metadata.name === name),
    findVolume: (name) => volumes.find(({ metadata }) => metadata?.name === name),
    findClass: (name) => classes.find(({ metadata }) => metadata?.name === name),
    volumes: () => volumes,
  };
}

const pod: Pod = podNamed("db", {
  spec: {
    volumes: [
      { name: "d", persistentVolumeClaim: { claimName: "data" } },
      { name: "tmp", emptyDir: {} },
    ],
  },
});
const late: StorageClass = {
  metadata: { name: "late" },
  provisioner: "rancher.io/local-path",
  volumeBindingMode: "WaitForFirstConsumer",
};
const manual: StorageClass = { ...late, metadata: { name: "manual" }, provisioner: "kubernetes.io/no-provisioner" };
const storage = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };

for (const [name, found, expected] of [
  ["is not there", [], 'persistentvolumeclaim "data" not found'],
  [
    "has lost its volume",
    [claim({ spec: { volumeName: "v" }, status: { phase: "Lost" } })],
    'persistentvolumeclaim "data" bound to non-existent persistentvolume "v"',
  ],
  [
    "is being deleted",
    [claim({ metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } })],
    'persistentvolumeclaim "data" is being deleted',
  ],
  [
    "is not bound, and waits for nobody",
    [claim({ spec: storage })],
    "pod has unbound immediate PersistentVolumeClaims",
  ],
  [
    "is not bound, and waits for its first consumer",
    [claim({ spec: { ...storage, storageClassName: "late" } })],
    undefined,
  ],
  [
    "is bound",
    [claim({ metadata: { annotations: BOUND }, spec: { volumeName: "v" }, status: { phase: "Bound" } })],
    undefined,
  ],
] as [string, PersistentVolumeClaim[], string | undefined][]) {
  test(`VolumeBinding, before any node: a claim that ${name}`, () => {
    assert.equal(volumeBinding.preFilter?.(pod, clusterOf(nodes, [], storageOf(found, [], [late]))), expected);
  });
}

const bound = claim({ metadata: { annotations: BOUND }, spec: { volumeName: "v" }, status: { phase: "Bound" } });
const ofClass = (storageClassName: string, annotations = {}): PersistentVolumeClaim =>
  claim({ metadata: { annotations }, spec: { ...storage, storageClassName } });
const GONE = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)";
const ELSEWHERE = "node(s) didn't match PersistentVolume's node affinity";
const NONE = "node(s) didn't find available persistent volumes to bind";

for (const [name, found, volumes, expected] of [
  ["bound to a volume on one node", bound, [volumeOn("v", "rome-2")], [ELSEWHERE, undefined]],
  ["bound to a volume that can be anywhere", bound, [{ metadata: { name: "v" }, spec: {} }], [undefined, undefined]],
  ["bound to a volume that is gone", bound, [], [GONE, GONE]],
  ["for which a volume can be made", ofClass("late"), [], [undefined, undefined]],
  [
    "for which a node is chosen",
    ofClass("late", { "volume.kubernetes.io/selected-node": "rome-2" }),
    [],
    [NONE, undefined],
  ],
  ["for which none can be made", ofClass("manual"), [], [NONE, NONE]],
  [
    "for which there is one on one node",
    ofClass("manual"),
    [volumeOn("v", "rome-1", { storageClassName: "manual" })],
    [undefined, NONE],
  ],
] as [string, PersistentVolumeClaim, PersistentVolume[], (string | undefined)[]][]) {
  test(`VolumeBinding: a claim ${name}`, () => {
    const state = clusterOf(nodes, [], storageOf([found], volumes, [late, manual]));
    const rejections = state.nodes.map((node) => volumeBinding.filter?.(pod, node, state));
    assert.deepEqual(
      rejections.map((rejection) => rejection?.reasons.join()),
      expected,
    );
  });
}

test("the claims of a pod that are not bound have to be told the node first", () => {
  const waiting = ofClass("late");
  assert.deepEqual(undecidedClaims(pod, storageOf([waiting], [], [late])), [waiting]);
  assert.deepEqual(undecidedClaims(pod, storageOf([bound], [], [late])), []);
});
