import assert from "node:assert/strict";
import { test } from "node:test";
import { controllerDeps } from "#kit/controller-deps.ts";
import { startTwoClusters } from "#kit/two-clusters.ts";
import { Informers } from "#kube/informer/informers.ts";
import { allControllers } from "./all.ts";

const NONE = { networking: false, authentication: false, offloading: false };
const ALL = { networking: true, authentication: true, offloading: true };

test("every controller has a name of its own and something to watch; a module that is off runs none", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, consumer } = clusters;
  await using informers = new Informers(ctx, consumer.client);
  const deps = controllerDeps(consumer.client, informers);
  const names = (modules: typeof ALL) => allControllers(deps, modules).map(({ name }) => name);
  const all = names(ALL);
  assert.deepEqual(names(NONE), ["foreigncluster"]);
  assert.equal(new Set(all).size, all.length);
  assert.ok(allControllers(deps, ALL).every(({ watches }) => watches.length > 0));
  const modules = Object.keys(NONE).flatMap((module) => names({ ...NONE, [module]: true }).slice(1));
  assert.deepEqual(["foreigncluster", ...modules].sort(), [...all].sort());
});
