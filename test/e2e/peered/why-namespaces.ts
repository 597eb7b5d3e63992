/** Namespaces whose pods cannot go away, each for another reason. */
import { eventually } from "#kit/eventually.ts";
import { elsewhere, namespace, object, type Situation } from "./why-situation.ts";

const LONG = `long-${"x".repeat(56)}`;
const KEEP = { finalizers: ["example.org/keep"] };
/** The ConfigMap that keeps a namespace of rome from going. */
const letGo = (namespace: string): NonNullable<Situation["undo"]> => {
  const patch = ["patch", "configmap", "kept", "-n", namespace, "--type=merge"];
  return ({ tryKubectl }) => tryKubectl("rome", [...patch, "-p", '{"metadata":{"finalizers":null}}']);
};

/** Of the peers that are not there nobody answers. */
const ROME = {
  nodeSelectorTerms: [{ matchExpressions: [{ key: "liqo.io/remote-cluster-id", operator: "In", values: ["rome"] }] }],
};

function offloading(of: string, more: object = {}, name = "offloading") {
  const spec = { clusterSelector: ROME, ...more };
  return object("offloading.liqo.io/v1beta1", "NamespaceOffloading", name, { metadata: { namespace: of }, spec });
}

const selected = (remoteNamespaceName: string) => ({ namespaceMappingStrategy: "SelectedName", remoteNamespaceName });
const noCluster = { nodeSelectorTerms: [{ matchExpressions: [{ key: "no", operator: "In", values: ["cluster"] }] }] };

export const NAMESPACE_SITUATIONS: readonly Situation[] = [
  { ask: "namespace/puzzles", state: "ok", link: "rights", says: /virtual kubelet of liqo-rome/ },
  { ask: "ns homely", state: "ok", link: "offloading", says: /not offloaded: its pods run at home/ },
  { ask: "ns/kube-system", state: "ok", link: "offloading", says: /of the cluster itself/ },
  {
    ...{ ask: "ns/unselected", state: "broken", link: "clusters", says: /selects no provider: there are .*rome/ },
    home: [namespace("unselected"), offloading("unselected", { clusterSelector: noCluster })],
  },
  {
    ask: "ns/local-only",
    state: "ok",
    link: "rights",
    says: /liqo-rome/,
    home: [namespace("local-only"), offloading("local-only", { podOffloadingStrategy: "Local" })],
  },
  {
    ...{
      ask: "ns/clash",
      state: "broken",
      link: "twin",
      says: /rome does not make namespace "occupied"/,
      hint: /--remote-context/,
    },
    there: [namespace("occupied")],
    home: [namespace("clash"), offloading("clash", selected("occupied"))],
  },
  { ask: "ns/clash --remote-context rome", state: "broken", link: "twin", says: /occupied.*exists/, hint: /unoffload/ },
  {
    ...{
      ask: "ns/reserved --remote-context rome",
      state: "broken",
      link: "twin",
      says: /kube-why is reserved by this cluster/,
    },
    home: [namespace("reserved"), offloading("reserved", selected("kube-why"))],
  },
  {
    ...{
      ask: `ns/${LONG}`,
      state: "broken",
      link: "twin",
      says: /no cluster can have a namespace.*no more than 63/,
      hint: /SelectedName/,
    },
    home: [namespace(LONG), offloading(LONG)],
  },
  {
    ...{ ask: "ns/stays", state: "broken", link: "namespace", says: /is being deleted.*configmaps/ },
    home: [namespace("stays"), elsewhere("stays", object("v1", "ConfigMap", "kept", { metadata: KEEP }))],
    make: ({ kubectl }) => kubectl("milan", "delete", "namespace", "stays", "--wait=false"),
    undo: ({ tryKubectl }) =>
      tryKubectl("milan", [
        "patch",
        "configmap",
        "kept",
        "-n",
        "stays",
        "--type=merge",
        "-p",
        '{"metadata":{"finalizers":null}}',
      ]),
  },
  {
    ...{
      ask: "ns/given-back",
      state: "broken",
      link: "offloading",
      says: /being given back, and waits for the end of its twin at rome/,
    },
    home: [namespace("given-back"), offloading("given-back")],
    make: async (clusters) => {
      const { kubectl, tryKubectl } = clusters;
      const kept = elsewhere("given-back-milan", object("v1", "ConfigMap", "kept", { metadata: KEEP }));
      await eventually("the twin", () => kubectl("rome", "get", "namespace", "given-back-milan"));
      await tryKubectl("rome", ["create", "-f", "-"], { input: JSON.stringify(kept) });
      await kubectl("milan", "delete", "namespaceoffloading", "offloading", "-n", "given-back", "--wait=false");
    },
    undo: letGo("given-back-milan"),
  },
  {
    ...{
      ask: "ns/twin-goes --remote-context rome",
      state: "broken",
      link: "twin",
      says: /twin-goes-milan at rome is being deleted|earlier twin-goes-milan/,
    },
    home: [namespace("twin-goes"), offloading("twin-goes")],
    make: async ({ kubectl, tryKubectl }) => {
      const kept = elsewhere("twin-goes-milan", object("v1", "ConfigMap", "kept", { metadata: KEEP }));
      await eventually("the twin", () => kubectl("rome", "get", "namespace", "twin-goes-milan"));
      await tryKubectl("rome", ["create", "-f", "-"], { input: JSON.stringify(kept) });
      await kubectl("rome", "delete", "namespace", "twin-goes-milan", "--wait=false");
    },
    undo: letGo("twin-goes-milan"),
  },
];
