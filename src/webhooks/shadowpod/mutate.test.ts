import assert from "node:assert/strict";
import { test } from "node:test";
import { withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import type { AdmissionRequest } from "#kube/webhook-server/review.ts";
import { mutateShadowPod } from "./mutate.ts";

const CREATOR = "liqo.io/creator-user";
const { ctx } = withCancel({ signal: new AbortController().signal, log: silentLogger });

const shadow = (creator: string | undefined) => ({
  metadata: { name: "web", labels: { app: "web", ...(creator !== undefined && { [CREATOR]: creator }) } },
});

for (const [name, operation, username, before, after, expected] of [
  ["a new one is marked", "CREATE", "milan:user", undefined, undefined, "milan-user"],
  ["whatever it says itself", "CREATE", "milan", undefined, "turin", "milan"],
  ["an update leaves the mark", "UPDATE", "milan", "milan", "milan", "allowed"],
  ["the creator may leave it out, as upstream's virtual kubelet does", "UPDATE", "milan", "milan", undefined, "milan"],
  ["nobody else may", "UPDATE", "turin", "milan", undefined, "denied"],
  ["nobody may change it", "UPDATE", "milan", "milan", "turin", "denied"],
] as const) {
  test(`the creator of a ShadowPod: ${name}`, async () => {
    const request = { operation, userInfo: { username }, object: shadow(after), oldObject: shadow(before) };
    const answer = await mutateShadowPod(ctx, request as unknown as AdmissionRequest);
    const [patch] = answer.patch ?? [];
    const labels = patch !== undefined && "value" in patch ? patch.value : undefined;
    if (patch === undefined) assert.equal(answer.allowed ? "allowed" : "denied", expected);
    else assert.deepEqual(labels, { app: "web", [CREATOR]: expected });
  });
}
