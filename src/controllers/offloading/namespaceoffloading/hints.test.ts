import assert from "node:assert/strict";
import { test } from "node:test";
import { timestamp } from "#machinery/conditions.ts";
import { offloadingHints } from "./hints.ts";

const NOW = timestamp(0);
const LONG = `${"l".repeat(63)}-milan`;
const statusOf = (remoteNamespaceName: string, reason: string, isRequired = true) => ({
  remoteNamespaceName,
  remoteNamespacesConditions: {
    rome: [
      { type: "OffloadingRequired", status: isRequired ? "True" : "False", lastTransitionTime: NOW },
      { type: "Ready", status: "False", reason, lastTransitionTime: NOW },
    ] as const,
  },
});
type Status = Parameters<typeof offloadingHints>[1];
const plain = (status: ReturnType<typeof statusOf>): Status => structuredClone(status) as unknown as Status;
const creating = plain(statusOf("web-milan", "Creating"));
const stuck = plain(statusOf("web-milan", "CreationLoopBackOff"));
const tooLong = plain(statusOf(LONG, "Creating"));

for (const [name, before, after, expected] of [
  ["nothing to tell while it is being made", undefined, creating, []],
  ["a provider that does not make it", creating, stuck, [/^CreationLoopBackOff: cluster rome .* "web-milan"/]],
  ["told once", stuck, stuck, []],
  ["too long a name is known at home", undefined, tooLong, [/^InvalidRemoteNamespaceName: .*no more than 63/]],
  ["which is told once, too", tooLong, plain(statusOf(LONG, "CreationLoopBackOff")), []],
  ["and only when somebody is to have it", undefined, plain(statusOf(LONG, "Creating", false)), []],
] as const) {
  test(name, () => {
    const told = offloadingHints(before, after).map(({ reason, message }) => `${reason}: ${message}`);
    assert.equal(told.length, expected.length);
    for (const [i, pattern] of expected.entries()) assert.match(told[i] ?? "", pattern);
  });
}
