import assert from "node:assert/strict";
import { test } from "node:test";
import type { Secret } from "kubernetes-types/core/v1";
import { withCancel } from "#base/context.ts";
import { seen, startTwoClusters, TENANT_NAMESPACES } from "#kit/two-clusters.ts";
import { Informers } from "#kube/informer/informers.ts";
import { secrets } from "#machinery/builtin.ts";
import { ProviderConnection } from "./provider.ts";

const KEY = { namespace: TENANT_NAMESPACES.consumer, name: "kubeconfig" };

function secretOf(server: string, user: object): Secret {
  const kubeconfig = {
    clusters: [{ name: "b", cluster: { server } }],
    users: [{ name: "b", user }],
    contexts: [{ name: "b", context: { cluster: "b", user: "b" } }],
    "current-context": "b",
  };
  return { metadata: KEY, data: { kubeconfig: Buffer.from(JSON.stringify(kubeconfig)).toString("base64") } };
}

test("a kubeconfig that names a file is not connected with, and what runs goes on until one may be used", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.consumer;
  await using informers = new Informers(ctx, client);
  const sessions: string[] = [];
  const options = { informers, namespace: KEY.namespace, secretName: KEY.name };
  const connection = new ProviderConnection();
  const running = connection.run(ctx, options, async (session, provider) => {
    sessions.push(provider.transport.config.server);
    // Told in a way that the test can wait for.
    await client.patch(ctx, secrets, KEY, "merge", { metadata: { labels: { [`session-${sessions.length}`]: "on" } } });
    await new Promise((resolve) => session.signal.addEventListener("abort", resolve));
  });
  const isOn = (count: number) => (secret: Secret) => secret.metadata?.labels?.[`session-${count}`] === "on";
  await client.create(ctx, secrets, secretOf("https://first.test", { token: "t" }));
  await seen(client, secrets, KEY, isOn(1));
  for (const [server, user] of [
    ["https://evil.test", { tokenFile: "/var/run/secrets/kubernetes.io/serviceaccount/token" }],
    ["https://second.test", { token: "t" }],
  ] as const)
    await client.patch(ctx, secrets, KEY, "merge", { data: secretOf(server, user).data });
  await seen(client, secrets, KEY, isOn(2));
  assert.deepEqual(sessions, ["https://first.test", "https://second.test"]);
  cancel();
  await running;
});
