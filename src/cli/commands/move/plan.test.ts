import assert from "node:assert/strict";
import { test } from "node:test";
import { type ClaimState, type MoveState, planMove } from "./plan.ts";

const claim = (more: Partial<ClaimState> = {}): ClaimState => ({
  uid: "old",
  isEnding: false,
  isAtTarget: false,
  isRestored: false,
  ...more,
});
const move = (more: Partial<MoveState> = {}): MoveState => ({
  sourceUid: "old",
  targetNode: "liqo-rome",
  isCopied: false,
  ...more,
});
const COPIED = move({ isCopied: true });

for (const [name, expected, seen] of [
  ["nothing is there", "refuse missing", {}],
  ["a volume is elsewhere", "copy anew", { claim: claim() }],
  ["a volume is where it should be", "nothing", { claim: claim({ isAtTarget: true }) }],
  ["a claim is being deleted", "refuse ending", { claim: claim({ isEnding: true }) }],
  ["copying was interrupted", "copy", { claim: claim(), move: move() }],
  ["the claim went while it was copied", "refuse missing", { move: move() }],
  [
    "the claim is another than the one that was copied in part",
    "copy anew",
    { claim: claim({ uid: "x" }), move: move() },
  ],
  ["that one is where it should be", "finish", { claim: claim({ uid: "x", isAtTarget: true }), move: move() }],
  [
    "the claim that is copied is being deleted by somebody",
    "refuse ending",
    { claim: claim({ isEnding: true }), move: move() },
  ],
  ["all is copied, and somebody may have written since", "copy", { claim: claim(), move: COPIED }],
  ["all is copied, and the target is now where it is", "finish", { claim: claim({ isAtTarget: true }), move: COPIED }],
  ["all is copied and the claim goes", "recreate", { claim: claim({ isEnding: true }), move: COPIED }],
  ["all is copied and the claim has gone", "recreate", { move: COPIED }],
  ["the claim is made anew", "restore", { claim: claim({ uid: "new" }), move: COPIED }],
  [
    "the claim made anew is deleted by somebody",
    "refuse ending",
    { claim: claim({ uid: "new", isEnding: true }), move: COPIED },
  ],
  ["all is restored", "finish", { claim: claim({ uid: "new", isAtTarget: true, isRestored: true }), move: COPIED }],
  [
    "the source has gone and another target is named",
    "refuse other target",
    { move: move({ isCopied: true, targetNode: "x" }) },
  ],
] as [string, string, { claim?: ClaimState; move?: MoveState }][]) {
  test(`when ${name}: ${expected}`, () => {
    const plan = planMove({ claim: seen.claim, move: seen.move, targetNode: "liqo-rome" });
    const more = plan.do === "refuse" ? ` ${plan.reason}` : plan.do === "copy" && plan.isAnew ? " anew" : "";
    assert.equal(`${plan.do}${more}`, expected);
  });
}
