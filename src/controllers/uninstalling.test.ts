import assert from "node:assert/strict";
import { test } from "node:test";
import { UNINSTALLING } from "#api/annotations.ts";
import { CONTROLLER_MANAGER } from "#forge/names.ts";
import { controllerDeps } from "#kit/controller-deps.ts";
import { eventually } from "#kit/eventually.ts";
import { startTwoClusters } from "#kit/two-clusters.ts";
import { Informers } from "#kube/informer/informers.ts";
import { deployments } from "#machinery/builtin.ts";
import { uninstallingProbe } from "./uninstalling.ts";

const KEY = { namespace: "default", name: CONTROLLER_MANAGER };
const LABELS = { app: "manager" };
const DEPLOYMENT = {
  metadata: KEY,
  spec: {
    selector: { matchLabels: LABELS },
    template: { metadata: { labels: LABELS }, spec: { containers: [{ name: "c", image: "i" }] } },
  },
};

test("Liqo is being uninstalled when its Deployment says so, or has gone; not where it never was", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, consumer } = clusters;
  const { client } = consumer;
  await using informers = new Informers(ctx, client);
  const isUninstalling = uninstallingProbe(controllerDeps(client, informers));
  await informers.synced();
  assert.equal(isUninstalling(), false);
  const told = (expected: boolean) => eventually(`told: ${expected}`, () => assert.equal(isUninstalling(), expected));
  await client.create(ctx, deployments, DEPLOYMENT);
  const annotate = (value: string | null) =>
    client.patch(ctx, deployments, KEY, "merge", { metadata: { annotations: { [UNINSTALLING]: value } } });
  await annotate("true");
  await told(true);
  await annotate(null);
  await told(false);
  await client.delete(ctx, deployments, KEY);
  await told(true);
  await client.create(ctx, deployments, DEPLOYMENT);
  await told(false);
});
