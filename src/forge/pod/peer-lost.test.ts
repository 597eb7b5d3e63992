import assert from "node:assert/strict";
import { test } from "node:test";
import { lostToleration, mayNotBeDuplicated, peerLostPolicy, withPeerLost } from "./peer-lost.ts";

const KEY = "liqo.io/on-peer-lost";
const NOT_READY = "node.kubernetes.io/not-ready";
const bears = (key: string, tolerationSeconds?: number) => ({
  ...{ key, operator: "Exists", effect: "NoExecute" },
  ...(tolerationSeconds !== undefined && { tolerationSeconds }),
});

for (const [text, expected] of [
  ["move-after=30s", { kind: "move", afterSeconds: 30 }],
  ["move-after=1m30s", { kind: "move", afterSeconds: 90 }],
  ["move-after=0s", { kind: "move", afterSeconds: 0 }],
  ["move-after=1500ms", { kind: "move", afterSeconds: 2 }],
  ["stay", { kind: "stay" }],
  ["never-duplicate", { kind: "never-duplicate" }],
] as const)
  test(`${text} is read`, () => {
    assert.deepEqual(peerLostPolicy({ [KEY]: text }), expected);
  });

test("a pod that says nothing has no policy", () => {
  assert.equal(peerLostPolicy({}), undefined);
  assert.equal(peerLostPolicy(undefined), undefined);
  assert.equal(mayNotBeDuplicated(undefined), false);
});

for (const text of [
  "",
  "Stay",
  "move",
  "move-after=",
  "move-after=30",
  "move-after=-1s",
  "move-after=1000000h",
  "stay ",
])
  test(`${JSON.stringify(text)} is none, and what may be given is said`, () => {
    assert.throws(() => peerLostPolicy({ [KEY]: text }), {
      name: "RangeError",
      message:
        /^metadata\.annotations\[liqo\.io\/on-peer-lost\]: ".*" is none of move-after=<duration>, stay or never-duplicate/,
    });
    assert.equal(mayNotBeDuplicated({ [KEY]: text }), false);
  });

test("other tolerations stay as they are", () => {
  const others = [{ key: "gpu", operator: "Exists" }, bears("node.kubernetes.io/memory-pressure", 3)];
  const given = [...others, bears(NOT_READY, 300)];
  assert.deepEqual(withPeerLost(given, { kind: "stay" }).slice(0, 2), others);
});

for (const [name, tolerations, seconds] of [
  ["none", undefined, 0],
  ["one of the two taints only", [bears(NOT_READY, 300)], 0],
  ["Kubernetes' own", withPeerLost([], { kind: "move", afterSeconds: 300 }), 300],
  ["for ever", withPeerLost([], { kind: "stay" }), Number.POSITIVE_INFINITY],
  ["the shortest counts", [...withPeerLost([], { kind: "stay" }), bears(NOT_READY, 5)], 5],
  ["all taints", [{ operator: "Exists" }], Number.POSITIVE_INFINITY],
  ["negative seconds", withPeerLost([], { kind: "stay" }).map((each) => ({ ...each, tolerationSeconds: -1 })), 0],
] as const)
  test(`a pod with such tolerations bears it: ${name}`, () => {
    assert.equal(lostToleration(tolerations), seconds);
  });
