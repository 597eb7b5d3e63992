import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from "kubernetes-types/core/v1";
import { type ClaimFacts, type ClaimProvider, claimChain } from "./claim.ts";
import { testChain } from "./testing/cases.ts";
import { event, nodeOf, pending, podOf } from "./testing/facts.ts";
import { HIDDEN } from "./testing/peer.ts";

const selected = { annotations: { "volume.kubernetes.io/selected-node": "liqo-rome" } };
const claim = (
  spec: Partial<PersistentVolumeClaimSpec> = {},
  metadata: object = selected,
  phase = "Pending",
): PersistentVolumeClaim => ({
  metadata: { name: "data", namespace: "shop", ...metadata },
  spec: {
    accessModes: ["ReadWriteOnce"],
    storageClassName: "liqo",
    resources: { requests: { storage: "1Gi" } },
    ...spec,
  },
  status: { phase },
});
const LIQO = { metadata: { name: "liqo" }, provisioner: "liqo.io/storage", volumeBindingMode: "WaitForFirstConsumer" };
const BY_HAND = { metadata: { name: "hand" }, provisioner: "kubernetes.io/no-provisioner" };
const OTHER = { metadata: { name: "other" }, provisioner: "x/y" };
const ours = (phase: string) => ({ ...claim({}, { labels: { "offloading.liqo.io/destination": "rome" } }, phase) });
const provider = (more: Partial<ClaimProvider> = {}): ClaimProvider => ({
  ...{ id: "rome", twin: "shop-milan", classes: ["fast"], remote: { claim: ours("Bound"), events: [] } },
  ...more,
});
const volume = { metadata: { name: "pv" }, spec: { capacity: { storage: "1Gi" } } };
const facts = (more: Partial<ClaimFacts> = {}): ClaimFacts => ({
  ...{ claim: claim(), events: [], classes: [LIQO, BY_HAND, OTHER], volumes: [volume], pods: [podOf()] },
  ...{ node: nodeOf(), provider: provider(), real: undefined },
  ...more,
});
const at = (more: Partial<ClaimProvider>): ClaimFacts => facts({ provider: provider(more) });
const home = (more: Partial<ClaimFacts> = {}): ClaimFacts => facts({ provider: undefined, ...more });
const going = { deletionTimestamp: "x", finalizers: ["a/b"] };

testChain(claimChain, [
  ["all is well at home", home({ claim: claim({ volumeName: "pv" }, {}, "Bound") }), "ok", "volume", /pv, 1Gi/],
  [
    "all is well at a provider",
    facts({ claim: claim({ volumeName: "pv" }, selected, "Bound") }),
    "ok",
    "provider",
    /rome has its volume/,
  ],
  ["a pod keeps it", facts({ claim: claim({}, going) }), "broken", "claim", /until pod web/, /delete pod web -n shop/],
  ["a finalizer keeps it", facts({ claim: claim({}, going), pods: [] }), "broken", "claim", /a\/b keeps it/],
  [
    "its volume is lost",
    facts({ claim: claim({ volumeName: "gone" }, {}, "Lost") }),
    "broken",
    "volume",
    /gone, which it is bound to, does not exist/,
  ],
  [
    "its volume is another's",
    facts({
      claim: claim({ volumeName: "pv" }),
      volumes: [{ ...volume, spec: { claimRef: { namespace: "a", name: "b" } } }],
    }),
    "broken",
    "volume",
    /of another claim, a\/b/,
  ],
  [
    "its class is none",
    facts({ claim: claim({ storageClassName: "absent" }) }),
    "broken",
    "class",
    /no StorageClass absent/,
    /liqo/,
  ],
  [
    "it names no class",
    facts({ claim: claim({ storageClassName: undefined as never }), volumes: [] }),
    "broken",
    "class",
    /names no class/,
  ],
  ["classes may not be read", facts({ classes: HIDDEN }), "unknown", "class", /forbidden/],
  [
    "nobody makes volumes of its class",
    facts({ claim: claim({ storageClassName: "hand" }), volumes: [] }),
    "broken",
    "volume",
    /nobody makes volumes of class hand/,
  ],
  ["nobody uses it", facts({ claim: claim({}, {}), pods: [] }), "broken", "pod", /none does/, /claimName: data/],
  [
    "its pod has no node",
    facts({ claim: claim({}, {}), pods: [podOf(pending("no room"), { nodeName: undefined as never })] }),
    "broken",
    "pod",
    /no room/,
    /why pod\/web/,
  ],
  ["its node is gone", home({ node: undefined }), "broken", "node", /does not exist any more/],
  [
    "its provisioner fails",
    home({ events: [event("ProvisioningFailed", "disk full")] }),
    "broken",
    "volume",
    /disk full/,
  ],
  [
    "its provisioner is silent",
    home({ claim: claim({ storageClassName: "other" }) }),
    "broken",
    "volume",
    /x\/y has not made one/,
  ],
  [
    "the claim behind it waits",
    home({ real: claim({}, { name: "u", namespace: "liqo-storage" }) }),
    "broken",
    "volume",
    /liqo-storage\/u, is Pending/,
    /why pvc\/u -n liqo-storage/,
  ],
  ["Liqo has not asked yet", home(), "unknown", "volume", /has not asked/],
  ["the provider has no storage", at({ classes: [] }), "broken", "provider", /offers no storage/],
  ["the namespace has no twin", at({ twin: undefined }), "broken", "provider", /no twin/],
  ["the provider cannot be asked", at({ remote: HIDDEN }), "unknown", "provider", /forbidden/],
  ["its name is taken there", at({ remote: { claim: claim(), events: [] } }), "broken", "provider", /already exists/],
  [
    "the provider refuses it",
    facts({
      provider: provider({ remote: { claim: undefined, events: [] } }),
      events: [event("ProvisioningFailed", "exceeded quota")],
    }),
    "broken",
    "provider",
    /exceeded quota/,
  ],
  [
    "it waits there",
    at({ remote: { claim: ours("Pending"), events: [event("x", "no class")] } }),
    "broken",
    "provider",
    /at rome the claim is Pending: no class/,
  ],
]);
