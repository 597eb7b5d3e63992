/**
 * Liqo's tutorial as a suite: the shop applied, used, hurt, moved and removed across two clusters. Run by the
 * `shop-*.test.ts` files, one per manifest.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Node, Pod, Service } from "kubernetes-types/core/v1";
import { type Clusters, startPeered } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { loadBalancerAddress } from "#kit/services.ts";
import { purchase, Shopper } from "#kit/shopper.ts";

interface List<T> {
  readonly items: T[];
}

const NAMESPACE = "liqo-demo";
const SHOP_PODS = 12;
const VIRTUAL_NODE = "liqo-rome";
/** Of the service's own pods: redis keeps the carts, the load generator serves nothing. */
const SERVICES = [
  "adservice",
  "cartservice",
  "checkoutservice",
  "currencyservice",
  "emailservice",
  "frontend",
  "paymentservice",
  "productcatalogservice",
  "recommendationservice",
  "redis-cart",
  "shippingservice",
];
const READY_MS = 120_000;

export interface ShopSuite {
  readonly name: string;
  /** A file for `kubectl apply -f`. */
  readonly manifest: string;
  /** Whether to move and to restart each Deployment alone (minutes with slow probes), or all together. */
  readonly oneByOne: boolean;
  /** What the footer of a page says when the frontend runs on that side; without it the footer is not looked at. */
  readonly footer?: (side: "local" | "remote") => RegExp;
}

export function shopSuite({ name, manifest, oneByOne, footer }: ShopSuite): void {
  describe(name, { concurrency: 1 }, () => {
    let clusters: Clusters;
    before(async () => {
      // Of its own: once nodes tell which images they have, a scheduler prefers those that have the shop's.
      clusters = await startPeered();
      await clusters.kubectl("milan", "create", "namespace", NAMESPACE);
      await clusters.liqoctl("offload", "namespace", NAMESPACE, "--context", "milan");
    });
    after(() => clusters?.[Symbol.asyncDispose]());

    const shop = (...args: readonly string[]) => clusters.kubectl("milan", "-n", NAMESPACE, ...args);
    const base = () => loadBalancerUrl(clusters);

    test("apply gives 12 Ready pods on nodes of both clusters, by the scheduler's own choice", async () => {
      await using watching = clusters.startKubectl("milan", "get", "pods", "-n", NAMESPACE, "-w");
      await shop("apply", "-f", manifest);
      const pods = await readyPods(clusters);
      const nodes = new Set(pods.map(({ spec }) => spec?.nodeName ?? ""));
      assert.ok(nodes.has(VIRTUAL_NODE), `some pods are on ${VIRTUAL_NODE}: ${[...nodes].join(", ")}`);
      assert.ok(
        [...nodes].some((node) => node.startsWith("worker-node-")),
        `some pods are on a worker: ${[...nodes].join(", ")}`,
      );
      const wide = await shop("get", "pods", "-o", "wide");
      assert.match(wide, /^NAME +READY +STATUS +RESTARTS +AGE +IP +NODE +NOMINATED NODE +READINESS GATES$/m);
      assert.equal(wide.match(/ 1\/1 +Running /g)?.length, SHOP_PODS);
      await eventually("the watch shows each pod Running", () =>
        assert.equal(new Set(watching.text.match(/^\S+(?= +1\/1 +Running)/gm)).size, SHOP_PODS),
      );
    });

    test("the load balancer's address, both NodePorts and port-forward each serve a whole purchase", async () => {
      // A node's service proxy may learn of an endpoint a moment after its pod is ready.
      await purchaseEventually(await base());
      for (const url of await nodePortUrls(clusters)) await purchase(url);
      await withPortForward(clusters, purchase);
    });

    test("the frontend serves from either side through all three ways", async () => {
      for (const side of ["remote", "local"] as const) {
        await place(clusters, ["frontend"], side);
        // Each node's service proxy learns of the new endpoint by itself, a moment after the rollout is complete.
        for (const url of [await base(), ...(await nodePortUrls(clusters))]) await purchaseEventually(url);
        await withPortForward(clusters, purchase);
        const { text } = await new Shopper(await base()).visit("/");
        assert.match(text, footer?.(side) ?? /<footer>/);
      }
    });

    test("DNS names and service variables reach a service from either side, wherever its pod is", async () => {
      await reachFromBothSides(clusters);
    });

    for (const side of ["remote", "local"] as const) {
      const groups = oneByOne ? SERVICES.map((service) => [service]) : [SERVICES];
      for (const services of groups) {
        test(`an affinity moves ${services.length > 1 ? "all" : services[0]} to the ${side} side and the shop goes on`, async () => {
          await place(clusters, services, side);
          await purchaseEventually(await base());
        });
      }
    }

    test("without an affinity pods are free again", async () => {
      await place(clusters, SERVICES, "any");
      await purchaseEventually(await base());
    });

    for (const services of oneByOne ? SERVICES.map((service) => [service]) : [SERVICES]) {
      test(`deleted pods of ${services.length > 1 ? "all" : services[0]} come back and checkout works again`, async () => {
        const before = await namesOf(clusters, services);
        await shop("delete", "pod", "-l", `app in (${services.join(",")})`);
        const pods = await readyPods(clusters);
        const kept = pods.filter(({ metadata }) => before.includes(metadata?.name ?? ""));
        assert.deepEqual(kept, []);
        await purchaseEventually(await base());
      });
    }

    test("the load generator sees no failed request while nothing is disturbed", async () => {
      await shop("rollout", "restart", "deployment/loadgenerator");
      await shop("rollout", "status", "deployment/loadgenerator", `--timeout=${READY_MS}ms`);
      await eventually("the load generator reports requests", async () => {
        const log = await shop("logs", "deployment/loadgenerator");
        const [, requests, failures] = /^requests=(\d+) failures=(\d+)/m.exec(log) ?? [];
        assert.ok(Number(requests) > 5, log);
        assert.equal(failures, "0", log);
      });
    });

    test("delete -f leaves nothing of the shop on either side", async () => {
      await shop("delete", "-f", manifest);
      const kinds = "pods,services,deployments,replicasets,endpointslices,serviceaccounts,configmaps,secrets";
      await eventually("only what a namespace always has is left", async () => {
        const local = await shop("get", kinds, "-o", "name");
        assert.deepEqual(local.trim().split("\n").sort(), ["configmap/kube-root-ca.crt", "serviceaccount/default"]);
        const twin = `${NAMESPACE}-milan`;
        const shadows = "shadowpods.offloading.liqo.io,shadowendpointslices.offloading.liqo.io";
        const remote = await clusters.kubectl("rome", "-n", twin, "get", `${kinds},${shadows}`, "-o", "name");
        const left = remote.trim().split("\n").sort();
        // The twin has the consumer's root CA beside its own.
        const reflected = left.filter((object) => !/^configmap\/kube-root-ca\.crt\.\w{5}$/.test(object));
        assert.deepEqual(reflected, ["configmap/kube-root-ca.crt", "serviceaccount/default"]);
      });
    });
  });
}

/** All pods of the shop, none of them on its way out, once they are Ready. */
async function readyPods(clusters: Clusters): Promise<Pod[]> {
  return eventually(
    `${SHOP_PODS} pods are Ready and no other is left`,
    async () => {
      const { items } = await clusters.get<List<Pod>>("milan", "pods", "-n", NAMESPACE);
      const late = items.filter(({ status, metadata }) => {
        const isReady = status?.conditions?.some(
          (condition) => condition.type === "Ready" && condition.status === "True",
        );
        return !isReady || metadata?.deletionTimestamp !== undefined;
      });
      const shown = late.map(({ metadata, spec, status }) => `${metadata?.name} ${spec?.nodeName} ${status?.phase}`);
      assert.deepEqual(shown, []);
      assert.equal(items.length, SHOP_PODS);
      return items;
    },
    READY_MS,
  );
}

async function namesOf(clusters: Clusters, services: readonly string[]): Promise<string[]> {
  const selector = `app in (${services.join(",")})`;
  const { items } = await clusters.get<List<Pod>>("milan", "pods", "-n", NAMESPACE, "-l", selector);
  return items.map(({ metadata }) => metadata?.name ?? "");
}

/** Puts a node affinity on the Deployments, or takes it away, and waits until their pods are there. */
async function place(clusters: Clusters, services: readonly string[], side: "local" | "remote" | "any"): Promise<void> {
  const operator = side === "remote" ? "In" : "NotIn";
  const nodeAffinity = {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: "liqo.io/type", operator, values: ["virtual-node"] }] }],
    },
  };
  const affinity = side === "any" ? null : { nodeAffinity };
  const patch = JSON.stringify({ spec: { template: { spec: { affinity } } } });
  const ns = ["-n", NAMESPACE];
  await Promise.all(
    services.map((name) => clusters.kubectl("milan", ...ns, "patch", "deployment", name, "--type=merge", "-p", patch)),
  );
  for (const name of services)
    await clusters.kubectl("milan", ...ns, "rollout", "status", `deployment/${name}`, `--timeout=${READY_MS}ms`);
  const pods = await readyPods(clusters);
  if (side === "any") return;
  for (const { metadata, spec } of pods) {
    if (!services.includes(metadata?.labels?.["app"] ?? "")) continue;
    assert.equal(spec?.nodeName === VIRTUAL_NODE, side === "remote", `${metadata?.name} runs on ${spec?.nodeName}`);
  }
}

/** After a change every client needs a moment to connect to the new pods. */
async function purchaseEventually(base: string): Promise<void> {
  await eventually("a purchase succeeds", () => purchase(base), 20_000);
}

function frontendExternal(clusters: Clusters): Promise<Service> {
  return clusters.get<Service>("milan", "service", "frontend-external", "-n", NAMESPACE);
}

async function loadBalancerUrl(clusters: Clusters): Promise<string> {
  return `http://${await loadBalancerAddress(clusters, NAMESPACE, "frontend-external")}`;
}

async function nodePortUrls(clusters: Clusters): Promise<string[]> {
  const { spec } = await frontendExternal(clusters);
  const { items } = await clusters.get<List<Node>>("milan", "nodes", "-l", "liqo.io/type!=virtual-node");
  const addresses = items.map(({ status }) => status?.addresses?.find(({ type }) => type === "InternalIP")?.address);
  assert.equal(addresses.length, 2);
  return addresses.map((address) => `http://${address}:${spec?.ports?.[0]?.nodePort}`);
}

async function withPortForward(clusters: Clusters, use: (base: string) => Promise<void>): Promise<void> {
  await using forward = clusters.startKubectl(
    "milan",
    ...["port-forward", "-n", NAMESPACE, "service/frontend-external", ":80"],
  );
  const port = await eventually("port-forward listens", () => {
    const [, found] = /Forwarding from 127\.0\.0\.1:(\d+) -> 8080/.exec(forward.text) ?? [];
    assert.ok(found, forward.text);
    return found;
  });
  await use(`http://127.0.0.1:${port}`);
}

/** From a busybox pod on each side: the names and the variables of the frontend and of one service. */
async function reachFromBothSides(clusters: Clusters): Promise<void> {
  const ns = ["-n", NAMESPACE];
  for (const side of ["local", "remote"] as const) {
    const nodeSelector =
      side === "remote" ? { "liqo.io/type": "virtual-node" } : { "kubernetes.io/hostname": "worker-node-1" };
    // A sleeping process 1 hears no SIGTERM.
    const overrides = JSON.stringify({ spec: { nodeSelector, terminationGracePeriodSeconds: 1 } });
    const name = `client-${side}`;
    const sleep = ["--", "sleep", "3600"];
    await clusters.kubectl("milan", ...ns, "run", name, "--image=busybox", `--overrides=${overrides}`, ...sleep);
    await clusters.kubectl("milan", ...ns, "wait", "--for=condition=Ready", `pod/${name}`, "--timeout=60s");
    const sh = (script: string) => clusters.kubectl("milan", ...ns, "exec", name, "--", "sh", "-c", script);
    const twin = side === "remote" ? `${NAMESPACE}-milan` : NAMESPACE;
    for (const host of [
      "frontend",
      `frontend.${twin}`,
      `frontend.${twin}.svc.cluster.local`,
      "$FRONTEND_SERVICE_HOST",
    ]) {
      const page = await eventually(
        `${host} answers from ${name}`,
        () => sh(`wget -qO- -T 5 http://${host}:80/`),
        15_000,
      );
      assert.match(page, /\/product\/OLJCESPC7Z/);
    }
    const port = await sh('echo "$FRONTEND_SERVICE_PORT"');
    assert.equal(port.trim(), "80");
    await clusters.kubectl("milan", ...ns, "delete", "pod", name);
  }
}
