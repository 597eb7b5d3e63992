import assert from "node:assert/strict";
import { test } from "node:test";
import type { PersistentVolumeClaim } from "kubernetes-types/core/v1";
import { SHADOW_OPTIONS } from "#kit/shadow-options.ts";
import { forgeClaim, forgePlaceholderVolume, isOfAnother } from "./remote.ts";

const { scope } = SHADOW_OPTIONS;
const claim = (annotations: Record<string, string> = {}): PersistentVolumeClaim => ({
  metadata: { namespace: "shop", name: "data", uid: "1", annotations },
  spec: {
    accessModes: ["ReadWriteOnce"],
    storageClassName: "liqo",
    resources: { requests: { storage: "2Gi" } },
  },
});

for (const [name, expected, annotations, defaultClass] of [
  ["the provider's default class", "fast", {}, "fast"],
  ["the class that the claim names for the provider", "slow", { "liqo.io/remote-storage-class": "slow" }, "fast"],
  ["whatever the provider takes", undefined, {}, undefined],
] as const) {
  test(`a claim asks at the provider for ${name}, never for the virtual one`, () => {
    assert.equal(forgeClaim(claim(annotations), "shop-milan", scope, defaultClass).spec?.storageClassName, expected);
  });
}

for (const [name, expected, annotations] of [
  ["its own", ["ReadWriteOnce"], {}],
  [
    "others, when it says so",
    ["ReadWriteMany", "ReadOnlyMany"],
    { "liqo.io/remote-access-modes": "ReadWriteMany, ReadOnlyMany" },
  ],
] as const) {
  test(`a claim's access modes at the provider are ${name}`, () => {
    assert.deepEqual(forgeClaim(claim(annotations), "shop-milan", scope, "fast").spec?.accessModes, expected);
  });
}

test("an access mode that is none is refused by name", () => {
  const bad = claim({ "liqo.io/remote-access-modes": "ReadWriteAlways" });
  assert.throws(() => forgeClaim(bad, "shop-milan", scope, "fast"), /"ReadWriteAlways" is not an access mode/);
});

test("what this cluster's volume controllers noted stays at home", () => {
  const { metadata } = forgeClaim(
    claim({ "volume.kubernetes.io/selected-node": "n", own: "kept" }),
    "shop-milan",
    scope,
    "",
  );
  assert.deepEqual(metadata?.annotations, { own: "kept", "storage.liqo.io/virtual-pvc-uid": "1" });
  assert.deepEqual([metadata?.namespace, metadata?.name], ["shop-milan", "data"]);
});

test("at home the claim is bound to a volume that only virtual nodes of the provider can have", () => {
  const { metadata, spec } = forgePlaceholderVolume(claim(), scope, "Delete");
  assert.equal(metadata?.name, "pvc-1");
  assert.deepEqual(spec?.capacity, { storage: "2Gi" });
  assert.deepEqual([spec?.claimRef?.name, spec?.claimRef?.uid], ["data", "1"]);
  assert.deepEqual(spec?.nodeAffinity?.required?.nodeSelectorTerms[0]?.matchExpressions?.[0]?.values, ["rome"]);
});

test("a copy is another's when it says so", () => {
  const copy = forgeClaim(claim(), "shop-milan", scope, "");
  const again = { ...claim(), metadata: { ...claim().metadata, uid: "2" } };
  assert.deepEqual([isOfAnother(copy, claim()), isOfAnother(copy, again)], [false, true]);
  assert.equal(isOfAnother({ metadata: { name: "of upstream's virtual kubelet" } }, again), false);
});
