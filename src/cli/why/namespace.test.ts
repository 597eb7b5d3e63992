import { type NamespaceFacts, namespaceChain } from "./namespace.ts";
import { testChain } from "./testing/cases.ts";
import { errors, event, wish } from "./testing/facts.ts";
import { HIDDEN, virtual } from "./testing/peer.ts";

const MAPPED = "shop-milan";
const offloading = (more: object = {}, remoteNamespaceName = MAPPED) => ({
  ...wish({
    remoteNamespaceName,
    remoteNamespacesConditions: { rome: [{ type: "OffloadingRequired", status: "True" }] },
  }),
  ...more,
  metadata: { name: "offloading", namespace: "shop", ...(more as { metadata?: object }).metadata },
});
const map = (phase?: "Accepted" | "CreationLoopBackOff" | "Terminating", name = "rome") => ({
  metadata: { name, namespace: "liqo-tenant-rome" },
  spec: { desiredMapping: { shop: MAPPED } },
  status: phase === undefined ? {} : { currentMapping: { shop: { phase, remoteNamespace: MAPPED } } },
});
const namespace = (more: object = {}, status: object = {}) => ({
  metadata: { name: "shop", labels: { "liqo.io/scheduling-enabled": "true" }, ...more },
  status,
});
const facts = (more: Partial<NamespaceFacts> = {}): NamespaceFacts => ({
  ...{ namespace: namespace(), liqoNamespace: "liqo", offloadings: [offloading()], maps: [map("Accepted")] },
  ...{ virtualNodes: [virtual], peers: [], remotes: {} },
  bindings: [{ metadata: { name: "liqo-node-liqo-rome" }, roleRef: { apiGroup: "", kind: "", name: "" } }],
  ...more,
});
const remains = { type: "NamespaceContentRemaining", status: "True", message: "configmaps. has 1" };
const peer = { ...errors("APIServerStatus") };

testChain(namespaceChain, [
  ["all is well", facts(), "ok", "rights", /liqo-rome may reflect it/],
  [
    "it goes",
    facts({ namespace: namespace({ deletionTimestamp: "x" }, { conditions: [remains] }) }),
    "broken",
    "namespace",
    /configmaps\. has 1/,
  ],
  ["nobody wants it offloaded", facts({ offloadings: [] }), "ok", "offloading", /not offloaded/],
  [
    "it is the cluster's own",
    facts({ offloadings: [], namespace: namespace({ name: "kube-system" }) }),
    "ok",
    "offloading",
    /of the cluster itself/,
  ],
  [
    "the wish has another name",
    facts({ offloadings: [{ ...offloading(), metadata: { name: "mine" } }] }),
    "broken",
    "offloading",
    /mine counts for nothing/,
  ],
  [
    "it is given back",
    facts({ offloadings: [offloading({ metadata: { deletionTimestamp: "x" } })] }),
    "broken",
    "offloading",
    /twin at rome/,
  ],
  ["nobody may read the wish", facts({ offloadings: HIDDEN }), "unknown", "offloading", /forbidden/],
  [
    "no cluster is selected",
    facts({ offloadings: [{ ...offloading(), status: {} }] }),
    "broken",
    "clusters",
    /selects no provider: there are rome/,
  ],
  [
    "there is no cluster",
    facts({ offloadings: [{ ...offloading(), status: {} }], virtualNodes: [] }),
    "broken",
    "clusters",
    /no virtual node/,
  ],
  ["it has no label", facts({ namespace: namespace({ labels: {} }) }), "broken", "pods", /no label/],
  [
    "its pods stay",
    facts({
      offloadings: [offloading({ spec: { podOffloadingStrategy: "Local" } })],
      namespace: namespace({ labels: {} }),
    }),
    "ok",
    "rights",
    /./,
  ],
  [
    "the name is too long",
    facts({ offloadings: [offloading({}, "x".repeat(64))] }),
    "broken",
    "twin",
    /no more than 63/,
  ],
  ["there is no map", facts({ maps: [] }), "broken", "map", /no NamespaceMap for rome/],
  ["the map does not ask", facts({ maps: [{ ...map(), spec: {} }] }), "broken", "map", /does not ask/],
  [
    "the provider does not make it",
    facts({ maps: [map("CreationLoopBackOff")] }),
    "broken",
    "twin",
    /cluster rome does not make namespace "shop-milan": it exists/,
    /--remote-context/,
  ],
  [
    "and says why",
    facts({
      maps: [map("CreationLoopBackOff")],
      remotes: { rome: { twin: undefined, events: [event("x", "namespace shop-milan is reserved")] } },
    }),
    "broken",
    "twin",
    /is reserved$/,
    /unoffload/,
  ],
  ["the provider is silent", facts({ maps: [map()], peers: [peer] }), "broken", "twin", /does not answer/],
  ["it has not answered", facts({ maps: [map()] }), "broken", "twin", /has not answered/],
  ["an earlier one goes", facts({ maps: [map("Terminating")] }), "broken", "twin", /earlier shop-milan/],
  [
    "the twin goes",
    facts({ remotes: { rome: { twin: { metadata: { deletionTimestamp: "x" } }, events: [] } } }),
    "broken",
    "twin",
    /being deleted/,
  ],
  ["the virtual kubelet has no rights", facts({ bindings: [] }), "broken", "rights", /liqo-node-liqo-rome is missing/],
  ["nobody may read the rights", facts({ bindings: HIDDEN }), "unknown", "rights", /forbidden/],
]);
