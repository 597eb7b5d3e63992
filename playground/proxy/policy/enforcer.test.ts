import assert from "node:assert/strict";
import { test } from "node:test";
import type { NetworkPolicy } from "kubernetes-types/networking/v1";
import { type EngineParts, startEngineParts } from "#kit/engine-parts.ts";
import { eventually } from "#kit/eventually.ts";
import { namespaces, networkPolicies, pods } from "#machinery/builtin.ts";
import { PolicyEnforcer } from "./enforcer.ts";
import { BASE, NO_TABLE } from "./ruleset.ts";
import { podAt, policyOf } from "./testing/objects.ts";

interface Running extends AsyncDisposable {
  readonly parts: EngineParts;
  readonly enforcer: PolicyEnforcer;
  /** What the kernel was told. */
  readonly loaded: string[];
  failing: boolean;
}

async function start(...policies: readonly NetworkPolicy[]): Promise<Running> {
  const parts = await startEngineParts();
  await parts.client.create(parts.ctx, namespaces, { metadata: { name: "shop" } });
  for (const policy of policies) await parts.client.create(parts.ctx, networkPolicies, policy);
  const loaded: string[] = [];
  const running = {
    parts,
    loaded,
    failing: false,
    enforcer: new PolicyEnforcer(parts.ctx, {
      client: parts.client,
      nodeName: "n1",
      load: async (_ctx, text) => {
        if (running.failing) throw new Error("nft exited with 1");
        loaded.push(text);
      },
    }),
    [Symbol.asyncDispose]: async () => {
      await running.enforcer[Symbol.asyncDispose]();
      await parts[Symbol.asyncDispose]();
    },
  };
  return running;
}

const made = (app: string, ip: string) => {
  const { metadata, spec } = podAt(ip, app);
  const { uid: _uid, ...named } = metadata ?? {};
  return { metadata: named, spec: { ...spec, containers: [{ name: "c", image: "web" }] } };
};

test("what an earlier agent left goes when there is no policy, and a pod does not wait", async () => {
  await using running = await start();
  await running.enforcer.isolate(running.parts.ctx, podAt("10.0.0.1", "front"), "10.0.0.1");
  await eventually("the table is gone", () => assert.deepEqual(running.loaded, [NO_TABLE]));
});

test("a pod is isolated before it starts, each change is one transaction, and no policy is no table", async () => {
  await using running = await start(policyOf({}));
  const { parts, loaded, enforcer } = running;
  const { client, ctx } = parts;
  const pod = await client.create(ctx, pods, made("front", "10.0.0.1"));
  await enforcer.isolate(ctx, pod, "10.0.0.1");
  const last = loaded.at(-1) ?? "";
  assert.ok(last.startsWith(BASE));
  assert.match(last, /ingress \{ 10\.0\.0\.1 : goto/);
  const count = loaded.length;
  const status = { podIP: "10.0.0.1", podIPs: [{ ip: "10.0.0.1" }] };
  await client.patch(ctx, pods, { namespace: "shop", name: "front" }, "merge", { status }, { subresource: "status" });
  const second = await client.create(ctx, pods, made("back", "10.0.0.2"));
  await enforcer.isolate(ctx, second, "10.0.0.2");
  assert.equal(loaded.length, count + 1, "what the API says of the first pod is known");
  assert.doesNotMatch(loaded.at(-1) ?? "", /chain|10\.0\.0\.1 /);
  await client.deleteIfPresent(ctx, networkPolicies, { namespace: "shop", name: "p" });
  await eventually("the table is gone", () => assert.equal(loaded.at(-1), NO_TABLE));
});

test("what the kernel refused is written anew, whole, and the pod waits for it", async () => {
  await using running = await start(policyOf({}));
  const { parts, loaded, enforcer } = running;
  const pod = await parts.client.create(parts.ctx, pods, made("front", "10.0.0.1"));
  await eventually("the policy is enforced", () => assert.equal(loaded.length, 1));
  running.failing = true;
  let isIsolated = false;
  const isolating = enforcer.isolate(parts.ctx, pod, "10.0.0.1").then(() => {
    isIsolated = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(isIsolated, false);
  running.failing = false;
  await isolating;
  assert.ok(loaded.at(-1)?.startsWith(BASE));
});
