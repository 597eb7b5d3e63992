import assert from "node:assert/strict";
import { test } from "node:test";
import type { Secret } from "kubernetes-types/core/v1";
import type { Identity } from "#api/authentication/identity.ts";
import { REPLICATOR } from "#api/finalizers.ts";
import { forgeControlPlaneIdentity, forgeKubeconfigSecret } from "#forge/authentication.ts";
import { controlPlaneSecretProblem, type SecretPlace } from "./control-plane-secret.ts";

const forged = forgeControlPlaneIdentity("rome", "liqo-tenant-rome", "liqo-tenant-milan", {});
const IDENTITY: Identity = {
  apiVersion: "authentication.liqo.io/v1beta1",
  kind: "Identity",
  metadata: { ...forged.metadata, uid: "1" },
  spec: { ...forged.spec },
  status: { kubeconfigSecretRef: { name: "kubeconfig-controlplane-rome" } },
};
const SECRET = forgeKubeconfigSecret(IDENTITY, "KEY", {});
const PLACE: SecretPlace = { peer: "rome", identity: IDENTITY, wasBelieved: false };

const LEAVING = { deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: [REPLICATOR] };
const withMetadata = (metadata: object): Secret => ({ ...SECRET, metadata: { ...SECRET.metadata, ...metadata } });
const ownedBy = (owner: object): Secret =>
  withMetadata({ ownerReferences: [{ ...SECRET.metadata?.ownerReferences?.[0], ...owner }] });

const CASES: readonly (readonly [name: string, problem: RegExp | undefined, secret: Secret, place: SecretPlace])[] = [
  ["the one that the Identity controller makes", undefined, SECRET, PLACE],
  ["one outside tenant namespaces", /lies in no tenant namespace/, SECRET, { ...PLACE, peer: undefined }],
  [
    "one in another's tenant namespace",
    /labelled for rome and lies in that of turin/,
    SECRET,
    { ...PLACE, peer: "turin" },
  ],
  ["one without a peer", /labelled for no cluster/, withMetadata({ labels: {} }), PLACE],
  ["one that nobody owns", /no Identity owns it/, withMetadata({ ownerReferences: [] }), PLACE],
  ["one owned by another kind", /no Identity owns it/, ownedBy({ kind: "Pod" }), PLACE],
  ["one owned by a kind of that name elsewhere", /no Identity owns it/, ownedBy({ apiVersion: "evil.io/v1" }), PLACE],
  ["one with an owner that is no controller", /no Identity owns it/, ownedBy({ controller: false }), PLACE],
  ["one of an Identity that is not there", /does not exist/, SECRET, { ...PLACE, identity: undefined }],
  ["one of an earlier Identity", /is another than the one/, ownedBy({ uid: "2" }), PLACE],
  [
    "one of a slice's Identity",
    /is not that of the control plane/,
    SECRET,
    { ...PLACE, identity: { ...IDENTITY, spec: { ...IDENTITY.spec, type: "ResourceSlice" } } },
  ],
  [
    "one of an Identity at another peer",
    /is not that of the control plane at rome/,
    SECRET,
    { ...PLACE, identity: { ...IDENTITY, spec: { ...IDENTITY.spec, clusterID: "turin" } } },
  ],
  ["a second one of the Identity", /does not name it/, withMetadata({ name: "evil" }), PLACE],
  ["one believed before whose Identity went", undefined, SECRET, { ...PLACE, identity: undefined, wasBelieved: true }],
  ["one that leaves after its Identity", undefined, withMetadata(LEAVING), { ...PLACE, identity: undefined }],
  [
    "one that leaves and was never taken up",
    /does not exist/,
    withMetadata({ ...LEAVING, finalizers: [] }),
    { ...PLACE, identity: undefined },
  ],
];
for (const [name, problem, secret, place] of CASES) {
  test(`${name} is ${problem === undefined ? "" : "not "}believed`, () => {
    const found = controlPlaneSecretProblem(secret, place);
    if (problem === undefined) assert.equal(found, undefined);
    else assert.match(found ?? "", problem);
  });
}
