import assert from "node:assert/strict";
import { test } from "node:test";
import type { Affinity, Node, Pod, PodAffinityTerm } from "kubernetes-types/core/v1";
import { clusterOf, nodeNamed, podNamed } from "#kit/cluster-objects.ts";
import { interPodAffinity } from "./inter-pod-affinity.ts";

const inZone = (name: string, zone: string): Node => nodeNamed(name, { metadata: { labels: { zone } } });
const nodes = [inZone("a1", "a"), inZone("a2", "a"), inZone("b1", "b"), nodeNamed("nowhere")];
const term = (app: string, more: Partial<PodAffinityTerm> = {}): PodAffinityTerm => ({
  labelSelector: { matchLabels: { app } },
  topologyKey: "zone",
  ...more,
});
const together = (...terms: PodAffinityTerm[]): Affinity => ({
  podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms },
});
const apart = (...terms: PodAffinityTerm[]): Affinity => ({
  podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms },
});
const made = (app: string, affinity: Affinity = {}, namespace = "off"): Pod =>
  podNamed("new", { metadata: { namespace, labels: { app } }, spec: { affinity } });
const present = (app: string, nodeName: string, affinity: Affinity = {}, namespace = "off"): Pod =>
  podNamed(`${app}-${nodeName}`, { metadata: { namespace, labels: { app } }, spec: { nodeName, affinity } });

const AFFINITY = "node(s) didn't match pod affinity rules";
const ANTI = "node(s) didn't match pod anti-affinity rules";
const EXISTING = "node(s) didn't satisfy existing pods anti-affinity rules";

for (const [name, pod, pods, expected] of [
  ["no wishes", made("web"), [present("db", "a1")], [undefined, undefined, undefined, undefined]],
  [
    "with the database",
    made("web", together(term("db"))),
    [present("db", "a1")],
    [undefined, undefined, AFFINITY, AFFINITY],
  ],
  ["with one that is not there", made("web", together(term("db"))), [], [AFFINITY, AFFINITY, AFFINITY, AFFINITY]],
  ["with its own, the first", made("web", together(term("web"))), [], [undefined, undefined, undefined, undefined]],
  [
    "with its own, the second",
    made("web", together(term("web"))),
    [present("web", "b1")],
    [AFFINITY, AFFINITY, undefined, AFFINITY],
  ],
  [
    "with one of another namespace",
    made("web", together(term("db"))),
    [present("db", "a1", {}, "else")],
    [AFFINITY, AFFINITY, AFFINITY, AFFINITY],
  ],
  [
    "with one of a namespace that it names",
    made("web", together(term("db", { namespaces: ["else"] }))),
    [present("db", "a1", {}, "else")],
    [undefined, undefined, AFFINITY, AFFINITY],
  ],
  [
    "with one of any namespace",
    made("web", together(term("db", { namespaceSelector: {} }))),
    [present("db", "b1", {}, "else")],
    [AFFINITY, AFFINITY, undefined, AFFINITY],
  ],
  ["not with its own", made("web", apart(term("web"))), [present("web", "a1")], [ANTI, ANTI, undefined, undefined]],
  [
    "where one refuses it",
    made("web"),
    [present("db", "b1", apart(term("web")))],
    [undefined, undefined, EXISTING, undefined],
  ],
] as [string, Pod, Pod[], (string | undefined)[]][]) {
  test(`InterPodAffinity: ${name}`, () => {
    const state = clusterOf(nodes, pods);
    const rejections = state.nodes.map((node) => interPodAffinity.filter?.(pod, node, state));
    assert.deepEqual(
      rejections.map((rejection) => rejection?.reasons.join()),
      expected,
    );
    // Only a pod that is in the way can be pushed out.
    const isInTheWay = expected.map((reason) => (reason === undefined ? undefined : reason !== AFFINITY));
    assert.deepEqual(
      rejections.map((rejection) => rejection?.resolvable),
      isInTheWay,
    );
  });
}

test("InterPodAffinity scores each pod that is wanted near, less each that is not, by weight", () => {
  const affinity: Affinity = {
    podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 10, podAffinityTerm: term("db") }] },
    podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 3, podAffinityTerm: term("web") }] },
  };
  const state = clusterOf(nodes, [
    present("db", "a1"),
    present("db", "a2"),
    present("web", "a1"),
    present("web", "b1"),
  ]);
  const scores = state.nodes.map((node) => interPodAffinity.score?.(made("web", affinity), node, state));
  assert.deepEqual(scores, [17, 17, -3, 0]);
});
