/** A cluster without load balancers keeps their Services pending, and its NodePorts answer all the same. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node, Service } from "kubernetes-types/core/v1";
import { needsOwnClusters } from "#engines/choose.ts";
import { startClusters } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { Shopper } from "#kit/shopper.ts";

test("EXTERNAL-IP stays <pending> and the NodePort answers", { skip: needsOwnClusters() }, async () => {
  await using clusters = await startClusters({ name: "milan", workers: 1, loadBalancer: false });
  const kubectl = (...args: readonly string[]) => clusters.kubectl("milan", ...args);
  await kubectl("create", "deployment", "web", "--image=nginx");
  await kubectl("expose", "deployment", "web", "--port=80", "--type=LoadBalancer");
  await kubectl("rollout", "status", "deployment/web", "--timeout=60s");
  assert.match(await kubectl("get", "service", "web"), /^web +LoadBalancer +[\d.]+ +<pending> +80:\d+\/TCP/m);
  const { spec } = await clusters.get<Service>("milan", "service", "web");
  const node = await clusters.get<Node>("milan", "node", "worker-node-1");
  const address = node.status?.addresses?.find(({ type }) => type === "InternalIP")?.address;
  const page = await eventually("the NodePort answers", () =>
    new Shopper(`http://${address}:${spec?.ports?.[0]?.nodePort}`).visit("/"),
  );
  assert.match(page.text, /nginx/);
  assert.match(await kubectl("get", "service", "web"), /<pending>/);
});
