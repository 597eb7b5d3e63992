import assert from "node:assert/strict";
import { test } from "node:test";
import { container, imageNamed, startNode, stateOf } from "#kit/running-node.ts";
import { coreEvents, pods, secrets } from "#machinery/builtin.ts";
import type { Ensured } from "../image.ts";

const waitingOf = (pod: Parameters<typeof stateOf>[0]) => stateOf(pod, "main")?.state?.waiting;

test("a container waits for its image while others run, and starts when it has come", async () => {
  await using node = await startNode();
  const { promise, resolve } = Promise.withResolvers<Ensured>();
  node.onPull = (_ctx, { onPulling }) => {
    onPulling();
    return promise;
  };
  await node.create("web", { containers: [container("main", { image: "remote:1" }), container("other")] });
  await node.runtime.next("other");
  const pod = await node.pod("web", (seen) => stateOf(seen, "other")?.state?.running !== undefined);
  assert.equal(waitingOf(pod)?.reason, "ContainerCreating");
  resolve({ image: imageNamed("remote:1"), pulled: { ms: 1234, waitedMs: 2000 } });
  await node.runtime.next("main");
  const messages = (
    await node.parts.seenAll(coreEvents, (all) => all.filter(({ reason }) => reason === "Pulled").length > 1)
  ).map(({ message }) => message);
  const text = 'Successfully pulled image "remote:1" in 1.234s (2s including waiting). Image size: 7 bytes.';
  assert.ok(messages.includes(text), messages.join("\n"));
});

test("a pod that is deleted meanwhile does not wait for its image, and ends the pull", async () => {
  await using node = await startNode();
  const begun = Promise.withResolvers<AbortSignal>();
  node.onPull = (ctx) => {
    begun.resolve(ctx.signal);
    return new Promise(() => undefined);
  };
  const pod = await node.create("web", { containers: [container("main", { image: "remote:1" })] });
  const signal = await begun.promise;
  await node.parts.client.delete(node.parts.ctx, pods, { namespace: "off", name: pod.metadata?.name ?? "" });
  await node.gone("web");
  assert.equal(signal.aborted, true);
});

test("what the registry refuses is shown in its words, and tried again later", async () => {
  await using node = await startNode();
  let tries = 0;
  node.onPull = async () => {
    tries++;
    if (tries > 1) return { image: imageNamed("remote:1") };
    return { refused: { reason: "ErrImagePull", message: "toomanyrequests: slow down" } };
  };
  await node.create("web", { containers: [container("main", { image: "remote:1" })] });
  const pod = await node.pod("web", (seen) => waitingOf(seen)?.reason === "ImagePullBackOff");
  assert.equal(waitingOf(pod)?.message, 'Back-off pulling image "remote:1": ErrImagePull: toomanyrequests: slow down');
  await node.passing(1000, node.runtime.next("main"));
  assert.equal(tries, 2);
});

test("the pod's pull secrets go with the pull; one that is not there is told of", async () => {
  await using node = await startNode();
  const config = '{"auths":{}}';
  await node.parts.client.create(node.parts.ctx, secrets, {
    metadata: { namespace: "off", name: "registry" },
    type: "kubernetes.io/dockerconfigjson",
    data: { ".dockerconfigjson": Buffer.from(config).toString("base64") },
  });
  let given: readonly string[] = [];
  node.onPull = async (_ctx, { dockerConfigs }) => {
    given = dockerConfigs;
    return { image: imageNamed("remote:1") };
  };
  const imagePullSecrets = [{ name: "registry" }, { name: "lost" }];
  await node.create("web", { containers: [container("main", { image: "remote:1" })], imagePullSecrets });
  await node.runtime.next("main");
  assert.deepEqual(given, [config]);
  assert.match(await node.told("FailedToRetrieveImagePullSecret"), /pull secrets \(lost\)/);
});
