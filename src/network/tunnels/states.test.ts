import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { PeerState } from "../conncheck/checker.ts";
import { stateOfPeer, type TunnelState, TunnelStates, tunnelsInUse } from "./states.ts";

const UP: TunnelState = { state: { value: "Connected", latencyMs: 2 }, isSilent: false };
const QUICK: TunnelState = { state: { value: "Connected", latencyMs: 1 }, isSilent: false };
const SILENT: TunnelState = { ...UP, isSilent: true };
const DEAD: TunnelState = { state: { value: "Error" }, isSilent: true };
const NEW: TunnelState = { state: { value: "Connecting" }, isSilent: false };
const map = (states: readonly TunnelState[]) => new Map(states.entries());

describe("flows go", () => {
  for (const [where, states, before, overTcp, wanted] of [
    ["into all tunnels that answer", [UP, UP, QUICK], [0], false, [0, 1, 2]],
    ["not into one that is silent", [UP, SILENT, UP], [0, 1, 2], false, [0, 2]],
    ["nor into one that is dead", [UP, DEAD], [0, 1], false, [0]],
    ["nor into one that has not answered yet", [UP, NEW], [0], false, [0]],
    ["past the first one, if that is dead", [DEAD, UP], [0, 1], false, [1]],
    ["past one that is carried over TCP", [UP, UP], [0, 1], true, [1]],
    ["over TCP when nothing else answers", [UP, DEAD], [0, 1], true, [0]],
    ["where they went while nothing answers", [DEAD, SILENT, DEAD], [1, 2], false, [1, 2]],
    ["into the first when what they went into is gone", [DEAD, NEW], [3], false, [0]],
    ["into the first in the beginning", [NEW], [], false, [0]],
  ] as const)
    test(where, () =>
      assert.deepEqual(
        tunnelsInUse(map(states), before, (index) => overTcp && index === 0),
        wanted,
      ),
    );
});

for (const [states, wanted] of [
  [[UP, QUICK], { value: "Connected", latencyMs: 1 }],
  [[UP, { ...QUICK, isSilent: true }], { value: "Connected", latencyMs: 2 }],
  [[DEAD, UP], { value: "Connected", latencyMs: 2 }],
  [[SILENT], { value: "Connected", latencyMs: 2 }],
  [[DEAD, NEW], { value: "Connecting" }],
  [[DEAD, DEAD], { value: "Error" }],
] as readonly (readonly [readonly TunnelState[], PeerState])[])
  test(`a peer is ${wanted.value} with tunnels ${states.map(({ state }) => state.value).join(", ")}`, () => {
    assert.deepEqual(stateOfPeer(map(states)), wanted);
  });

test("each news of a tunnel is told, silence once", () => {
  const states = new TunnelStates();
  let told = 0;
  states.tell(() => told++);
  states.set(1, UP.state);
  states.silent(1);
  states.silent(1);
  states.silent(7);
  assert.deepEqual([told, states.all.get(1)], [2, SILENT]);
  states.set(1, QUICK.state);
  states.remove(1);
  states.remove(1);
  assert.deepEqual([told, [...states.all.keys()]], [4, [0]]);
});
