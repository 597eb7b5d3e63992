/** The shop behind a default deny and one policy per service, as its makers publish them: it sells, and a stranger is refused. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Deployment } from "kubernetes-types/apps/v1";
import type { Pod } from "kubernetes-types/core/v1";
import type { NetworkPolicy } from "kubernetes-types/networking/v1";
import { chosenName } from "#engines/choose.ts";
import { type Clusters, startPeered } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { loadBalancerAddress } from "#kit/services.ts";
import { purchase } from "#kit/shopper.ts";

const SHOP = "liqo-demo";
const MANIFEST = join(import.meta.dirname, "../../apps/boutique/manifest/online-boutique.yaml");
/** Service → who calls it. */
const CALLERS: Readonly<Record<string, readonly string[]>> = {
  adservice: ["frontend"],
  cartservice: ["frontend", "checkoutservice"],
  checkoutservice: ["frontend"],
  currencyservice: ["frontend", "checkoutservice"],
  emailservice: ["checkoutservice"],
  paymentservice: ["checkoutservice"],
  productcatalogservice: ["frontend", "checkoutservice", "recommendationservice"],
  recommendationservice: ["frontend"],
  "redis-cart": ["cartservice"],
  shippingservice: ["frontend", "checkoutservice"],
};
const REMOTE = ["checkoutservice", "productcatalogservice", "redis-cart", "frontend"];
const SKIP = chosenName() === "playground" ? false : "its network plugin does not know NetworkPolicies";

describe("the shop behind network policies", { concurrency: 1, skip: SKIP }, () => {
  let clusters: Clusters;
  before(async () => {
    clusters = await startPeered();
    await clusters.kubectl("milan", "create", "namespace", SHOP);
    await clusters.liqoctl("offload", "namespace", SHOP, "--context", "milan");
    await apply(clusters, policies());
    await clusters.kubectl("milan", "apply", "-n", SHOP, "-f", MANIFEST);
    // Callers and called on both sides of the border, in both directions.
    const nodeSelector = JSON.stringify({
      spec: { template: { spec: { nodeSelector: { "liqo.io/type": "virtual-node" } } } },
    });
    for (const service of REMOTE)
      await clusters.kubectl("milan", "patch", "deployment", service, "-n", SHOP, "-p", nodeSelector);
    const { items } = await clusters.get<{ items: Deployment[] }>("milan", "deployments", "-n", SHOP);
    for (const { metadata } of items)
      await clusters.kubectl(
        "milan",
        "rollout",
        "status",
        `deployment/${metadata?.name}`,
        "-n",
        SHOP,
        "--timeout=180s",
      );
  });
  after(() => clusters?.[Symbol.asyncDispose]());

  it("a whole purchase goes through pods of both clusters", async () => {
    const { items } = await clusters.get<{ items: Pod[] }>("milan", "pods", "-n", SHOP);
    const away = items
      .filter(({ spec }) => spec?.nodeName === "liqo-rome")
      .map(({ metadata }) => metadata?.labels?.["app"]);
    for (const service of REMOTE) assert.ok(away.includes(service), `${service} is in rome: ${away.join(", ")}`);
    const url = `http://${await loadBalancerAddress(clusters, SHOP, "frontend-external")}`;
    await eventually("a purchase", () => purchase(url));
  });

  it("a stranger in the same namespace reaches the frontend and nothing behind it, from either cluster", async () => {
    for (const [name, node] of [
      ["guest-home", "worker-node-1"],
      ["guest-away", "liqo-rome"],
    ] as const) {
      const overrides = JSON.stringify({ spec: { nodeSelector: { "kubernetes.io/hostname": node } } });
      await clusters.kubectl("milan", "run", name, "--image=nginx", `--overrides=${overrides}`, "-n", SHOP);
      await clusters.kubectl("milan", "wait", "--for=condition=Ready", `pod/${name}`, "-n", SHOP, "--timeout=90s");
      await eventually(`${name} sees the frontend`, async () =>
        assert.equal(await ask(clusters, name, "frontend:80"), 0),
      );
      // 28: no answer in time.
      for (const host of ["productcatalogservice:3550", "cartservice:7070", "currencyservice:7000"])
        assert.equal(await ask(clusters, name, host), 28, `${name} → ${host}`);
    }
  });
});

function policies(): NetworkPolicy[] {
  const labelled = (app: string) => ({ matchLabels: { app } });
  const policy = (name: string, spec: NonNullable<NetworkPolicy["spec"]>): NetworkPolicy => ({
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name },
    spec: { policyTypes: ["Ingress"], ...spec },
  });
  return [
    policy("deny-all", { podSelector: {} }),
    policy("frontend", { podSelector: labelled("frontend"), ingress: [{}] }),
    ...Object.entries(CALLERS).map(([service, callers]) =>
      policy(service, {
        podSelector: labelled(service),
        ingress: [{ from: callers.map((app) => ({ podSelector: labelled(app) })) }],
      }),
    ),
  ];
}

async function apply({ tryKubectl }: Clusters, items: readonly NetworkPolicy[]): Promise<void> {
  const input = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  const { code, stderr } = await tryKubectl("milan", ["apply", "-n", SHOP, "-f", "-"], { input });
  assert.equal(code, 0, stderr);
}

/** The exit code of curl. */
async function ask({ tryKubectl }: Clusters, pod: string, host: string): Promise<number | undefined> {
  const script = `curl -s -o /dev/null -m 3 http://${host}; echo $?`;
  const { stdout } = await tryKubectl("milan", ["exec", pod, "-n", SHOP, "--", "sh", "-c", script]);
  return Number(stdout.trim());
}
