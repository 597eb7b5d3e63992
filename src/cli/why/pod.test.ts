import assert from "node:assert/strict";
import { test } from "node:test";
import { formatLinks, walk } from "./link.ts";
import { podChain } from "./pod.ts";
import { testCases } from "./testing/cases.ts";
import {
  athome,
  away,
  errors,
  event,
  facts,
  gone,
  LATER,
  nodeOf,
  pending,
  podOf,
  readyPod,
  remotePod,
  shadow,
  stuck,
  there,
  wish,
} from "./testing/facts.ts";

testCases([
  ["all is well, at home", athome(podOf()), "ok", "readiness", /it is ready/],
  ["all is well, at a provider", away(there(remotePod())), "ok", "status", /told at home/],
  ["it is being deleted", athome(podOf(readyPod, {}, gone)), "ok", "readiness", /ready/],
  [
    "a finalizer keeps it",
    athome(podOf(readyPod, {}, { ...gone, finalizers: ["x/y"] })),
    "broken",
    "deletion",
    /finalizer x\/y keeps it/,
    /x\/y/,
  ],
  [
    "no provider makes the twin",
    facts({ offloading: wish({ offloadingPhase: "AllFailed", remoteNamespacesConditions: stuck }) }),
    "broken",
    "namespace",
    /no provider makes its twin: rome/,
    /NamespaceMap/,
  ],
  [
    "no provider is selected",
    facts({ offloading: wish({ offloadingPhase: "NoClusterSelected" }, "Remote") }),
    "broken",
    "namespace",
    /clusterSelector selects no provider/,
    /kubectl get/,
  ],
  [
    "it fits nowhere",
    athome(podOf(pending("0/3 nodes are available: 3 Insufficient cpu."), { nodeName: undefined as never })),
    "broken",
    "scheduling",
    /3 Insufficient cpu/,
    /make room/,
  ],
  [
    "only an event says that it fits nowhere",
    athome(
      podOf(pending(), { nodeName: undefined as never }),
      event("FailedScheduling", "old"),
      event("FailedScheduling", "no room", LATER),
    ),
    "broken",
    "scheduling",
    /^no room$/,
  ],
  [
    "it is older than the offloading",
    facts({
      pod: podOf(pending("untolerated taint"), { nodeName: undefined as never }),
      offloading: wish({}, "Remote", LATER),
    }),
    "broken",
    "scheduling",
    /untolerated taint/,
    /kubectl delete pod web -n shop$/,
  ],
  [
    "a gate holds it",
    athome(podOf(pending(), { nodeName: undefined as never, schedulingGates: [{ name: "later" }] })),
    "broken",
    "scheduling",
    /gate later/,
    /takes it away/,
  ],
  [
    "no scheduler has looked",
    athome(podOf(pending(), { nodeName: undefined as never, schedulerName: "mine" })),
    "unknown",
    "scheduling",
    /mine has not looked/,
    /scheduler runs/,
  ],
  ["its node is gone", facts({ node: undefined }), "broken", "node", /liqo-rome does not exist/, /--force/],
  [
    "its node is not ready",
    facts({ node: nodeOf("Unknown", "Kubelet stopped posting node status.") }),
    "broken",
    "node",
    /stopped posting/,
    /describe node liqo-rome/,
  ],
  [
    "its node evicts it",
    facts({ node: nodeOf("True", undefined, { taints: [{ key: "out", effect: "NoExecute" }] }) }),
    "broken",
    "node",
    /taint out/,
  ],
  [
    "there is no peer",
    away(there(remotePod()), { peer: undefined }),
    "broken",
    "peering",
    /no ForeignCluster rome/,
    /liqoctl/,
  ],
  [
    "the peer's API server is silent",
    away(there(remotePod()), { peer: errors("APIServerStatus") }),
    "broken",
    "peering",
    /API server of rome does not answer/,
    /info peer rome/,
  ],
  [
    "the network is down",
    away(there(remotePod()), { peer: errors("NetworkConnectionStatus", "no answer at 1.2.3.4:5/UDP") }),
    "broken",
    "peering",
    /1\.2\.3\.4:5\/UDP/,
    /info peer rome/,
  ],
  [
    "the namespace has no twin there",
    away("", { twin: undefined }),
    "broken",
    "twin",
    /"shop" has no twin in cluster "rome"/,
    /offload/,
  ],
  [
    "the provider cannot be asked",
    away("secrets is forbidden"),
    "unknown",
    "provider",
    /could not be asked: secrets is forbidden/,
    /--remote-context/,
  ],
  [
    "the provider refuses the pod",
    {
      ...away({ shadow: undefined, pod: undefined, events: [] }),
      events: [event("FailedReflection", "exceeded quota")],
    },
    "broken",
    "ShadowPod",
    /^exceeded quota/,
    /administrator/,
  ],
  [
    "the provider refused it, and cannot be asked now",
    away("no route", {}, podOf({ phase: "Pending", reason: "OffloadingRefused", message: "quota exceeded" })),
    "broken",
    "ShadowPod",
    /^quota exceeded$/,
    /administrator/,
  ],
  [
    "nobody has asked the provider",
    away({ shadow: undefined, pod: undefined, events: [] }),
    "broken",
    "ShadowPod",
    /rome has none/,
    /virtual kubelet runs/,
  ],
  [
    "the provider may not make it",
    away({
      shadow: { ...shadow, status: { phase: "Pending", reason: "Forbidden", message: "violates PodSecurity" } },
      pod: undefined,
      events: [],
    }),
    "broken",
    "ShadowPod",
    /cluster "rome": violates PodSecurity/,
    /mend/,
  ],
  [
    "the provider has not made it yet",
    away(there(undefined)),
    "unknown",
    "ShadowPod",
    /no pod of it yet/,
    /liqo-controller-manager/,
  ],
  [
    "it fits nowhere there",
    away(there(remotePod(pending("0/2 nodes are available"), { nodeName: undefined as never }))),
    "broken",
    "scheduling",
    /at rome: 0\/2 nodes/,
    /room at rome/,
  ],
  [
    "the scheduler there has not looked",
    away(there(remotePod(pending(), { nodeName: undefined as never }))),
    "unknown",
    "scheduling",
    /scheduler of rome/,
  ],
  [
    "a readiness gate is shut, which is of home alone",
    away(
      there(remotePod()),
      {},
      podOf({ ...readyPod, conditions: [] }, { readinessGates: [{ conditionType: "x/lb" }] }),
    ),
    "broken",
    "readiness",
    /gate x\/lb is not True/,
  ],
  [
    "home has not heard",
    away(there(remotePod()), {}, podOf({ phase: "Pending" })),
    "broken",
    "status",
    /rome says Running and ready, at home it is Pending/,
    /virtual kubelet/,
  ],
]);

test("a line for each link, and what to do below the one that is broken", () => {
  const text = formatLinks(walk(podChain(away("no route"))));
  assert.equal(
    text,
    `
✓ namespace   shop is offloaded (LocalAndRemote)
✓ scheduling  to liqo-rome, a virtual node
✓ node        liqo-rome is ready
✓ peering     rome answers
✓ twin        namespace shop-milan at rome
? provider    rome could not be asked: no route
              → give --remote-context or --remote-kubeconfig`.trim(),
  );
});
