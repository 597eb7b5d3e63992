/** `liqoctl trace` follows packets between pods of two clusters in every direction, and names the hop that loses them. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { chosenName, machineOf, needsOwnClusters } from "#engines/choose.ts";
import type { Clusters } from "#kit/clusters.ts";
import { liqoContainer } from "#kit/components.ts";
import { eventually } from "#kit/eventually.ts";
import { takePeered } from "#kit/shared-clusters.ts";
import { FAULTS, type Fault, findPath, type Host, type Path, runAt, signal, stoppedFor } from "./trace-faults.ts";

const NAMESPACE = "walk";
const TWIN = "walk-milan";
const BOTH = ["--context", "milan", "--remote-context", "rome"] as const;
// An agent that was stopped is given some seconds to mend what it finds.
const HEALED_MS = 90_000;
const DENIES_ALL = {
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: "nobody", namespace: TWIN },
  spec: { podSelector: { matchLabels: { app: "far" } }, policyTypes: ["Ingress"] },
};

interface Found {
  readonly whole: boolean;
  readonly links: readonly { readonly link: string; readonly state: string; readonly says: string }[];
}

describe("trace", { skip: needsOwnClusters() }, () => {
  let clusters: Clusters;
  let path: Path;

  const trace = async (from: string, to: string, ...flags: readonly string[]): Promise<Found> =>
    JSON.parse(await clusters.liqoctl("trace", from, to, "-n", NAMESPACE, "-o", "json", ...flags));
  const isWhole = async (from: string, to: string): Promise<Found> => {
    const found = await trace(from, to, ...BOTH);
    assert.ok(found.whole, JSON.stringify(found.links.at(-1)));
    return found;
  };
  const breaks = async (to: string, link: string, says: RegExp): Promise<void> => {
    const last = (await trace("near", to, ...BOTH)).links.at(-1);
    assert.deepEqual([last?.state, last?.link], ["broken", link], JSON.stringify(last));
    assert.match(last?.says ?? "", says);
  };

  before(async () => {
    clusters = await takePeered();
    await serve(clusters);
    path = await findPath(clusters, NAMESPACE, { here: "worker-node-1", there: "worker-node-2" });
  });

  after(() => clusters?.[Symbol.asyncDispose]());

  for (const [from, to] of [
    ["near", "far:80"],
    ["near", "far-1"],
    ["far", "near:80"],
    ["far-1", "near"],
    ["near", "svc/far"],
    ["far", "near-web:80"],
  ] as const)
    test(`from ${from} to ${to}, there and back`, async () => {
      const { links } = await eventually("the way is whole", () => isWhole(from, to), HEALED_MS);
      const names = links.map(({ link }) => link).filter((link) => link !== "service");
      const way = ["node", "overlay", "gateway", "tunnel", "gateway", "overlay"];
      const back = way.map((link) => `← ${link}`);
      assert.deepEqual(names, ["path", ...way, "node", "pod", ...back, "answer"]);
      assert.equal(
        links.filter(({ says }) => /(source|destination) 10\.\S+ → 10\.\S+ \(Firewall/.test(says)).length,
        4,
      );
    });

  test("without the other cluster's context its half is passed over, and what is seen here is told", async () => {
    const { whole, links } = await trace("near", "far:80", "--context", "milan");
    assert.ok(whole);
    assert.match(
      links.map(({ says }) => says).join("\n"),
      /let it pass, as the answer shows; .*no context names that cluster/,
    );
  });

  test("without the other cluster's context nobody can send for a pod that is there", async () => {
    const last = (await trace("far", "near:80", "--context", "milan")).links.at(-1);
    assert.deepEqual([last?.state, last?.link], ["unknown", "node"], JSON.stringify(last));
    assert.match(last?.says ?? "", /nothing could be sent in the name of far: no context names that cluster/);
  });

  const suffer = async (fault: Fault): Promise<void> => {
    const host = path.hosts[fault.at];
    const stopped = stoppedFor(path, fault);
    for (const each of stopped) await signal(clusters, each, "SIGSTOP");
    try {
      await runAt(clusters, host, fault.breaks(path));
      await breaks("far:80", fault.link, fault.says);
    } finally {
      await runAt(clusters, host, fault.mends?.(path) ?? []);
      for (const each of stopped) await signal(clusters, each, "SIGCONT");
    }
  };

  for (const fault of FAULTS)
    test(`${fault.what}: it says so`, async () => {
      // A gateway that is stopped just as it begins a session has no tunnel at all: once more then.
      const once = async (): Promise<void> => {
        await isWhole("near", "far:80");
        await suffer(fault);
      };
      await eventually("the hop is named", once, HEALED_MS);
      await eventually("the way is whole again", () => isWhole("near", "far:80"), HEALED_MS);
    });

  const UNKNOWN = chosenName() === "playground" ? false : "its network plugin does not know NetworkPolicies";

  test("a NetworkPolicy of the provider: it is named", { skip: UNKNOWN }, async () => {
    await clusters.tryKubectl("rome", ["apply", "-f", "-"], { input: JSON.stringify(DENIES_ALL) });
    try {
      const says = /NetworkPolicy nobody: this ingress of far is not allowed/;
      await eventually("the policy is named", () => breaks("far:80", "policy", says), HEALED_MS);
    } finally {
      await clusters.kubectl("rome", "delete", "networkpolicy", "nobody", "-n", TWIN);
    }
    await eventually("the way is whole again", () => isWhole("near", "far:80"), HEALED_MS);
  });

  test("a port at which nothing listens", () => breaks("far:81", "pod", /nothing in far listens on TCP 81/));

  test("a CIDR of the peer that is another one", async () => {
    const set = (cidr: string) =>
      clusters.kubectl(
        "milan",
        "patch",
        "configurations.networking.liqo.io",
        "rome",
        "--namespace=liqo-tenant-rome",
        "--type=merge",
        `--patch=${JSON.stringify({ spec: { remote: { cidr: { pod: [cidr] } } } })}`,
      );
    // Nobody follows it: pods away would get other addresses, and their virtual kubelet be made anew.
    const controllers = await liqoContainer(clusters, "milan", "controller-manager");
    const machine = machineOf(clusters.engine);
    await machine.kill("milan", controllers, "SIGSTOP");
    try {
      await set("10.99.0.0/16");
      await breaks("far:80", "CIDR", /far is 10\S+ at rome, and milan takes 10\.99\.0\.0\/16 for the pods of rome/);
    } finally {
      await set(path.own.there);
      await machine.kill("milan", controllers, "SIGCONT");
    }
    await eventually("the way is whole again", () => isWhole("near", "far:80"), HEALED_MS);
  });

  const tablesAt = ({ cluster, namespace, pod }: Host): Promise<string> =>
    clusters.kubectl(cluster, "exec", "-n", namespace, pod, "--", "nft", "list", "tables");

  test("one that is killed leaves nothing behind in nodes and gateways", async () => {
    // It waits for an answer meanwhile.
    const silent = FAULTS.find(({ what }) => what === "the tunnel carries nothing");
    const host = path.hosts["gateway-there"];
    await runAt(clusters, host, silent?.breaks(path) ?? []);
    try {
      await using killed = clusters.startLiqoctl("trace", "near", "far:80", "-n", NAMESPACE, ...BOTH);
      await eventually("it looks", async () => assert.match(await tablesAt(path.hosts["node-here"]), /liqo-trace/));
      killed.kill("SIGKILL");
    } finally {
      await runAt(clusters, host, silent?.mends?.(path) ?? []);
    }
    for (const each of Object.values(path.hosts))
      await eventually("it is gone", async () => assert.doesNotMatch(await tablesAt(each), /liqo-trace|test-drop/));
  });

  for (const [from, to, message] of [
    ["nobody", "far", /pod walk\/nobody does not exist/],
    ["near", "nobody", /neither a pod nor a Service walk\/nobody exists/],
    ["far", "far-1", /both at rome/],
    ["near", "far:no-such", /pod far has no port named no-such/],
    ["near", "a/b/c", /is neither a pod nor a Service/],
  ] as const)
    test(`${from} to ${to} is refused`, async () => {
      const { code, stderr } = await clusters.tryLiqoctl(["trace", from, to, "-n", NAMESPACE, ...BOTH]);
      assert.equal(code, 1);
      assert.match(stderr, message);
    });
});

/** Pods at home and on both nodes of the provider, and a Service for each place. */
async function serve({ kubectl, liqoctl }: Clusters): Promise<void> {
  const run = (...args: readonly string[]) => kubectl("milan", "-n", NAMESPACE, ...args);
  await kubectl("milan", "create", "namespace", NAMESPACE);
  await liqoctl("offload", "namespace", NAMESPACE, "--context", "milan");
  const make = (name: string, app: string, nodeSelector: object) =>
    run(
      "run",
      name,
      "--image=nginx",
      `--labels=app=${app}`,
      `--overrides=${JSON.stringify({ spec: { nodeSelector } })}`,
    );
  await make("near", "near", { "kubernetes.io/hostname": "worker-node-1" });
  for (const [name, other] of [
    ["far", "worker-node-1"],
    ["far-1", "worker-node-2"],
  ] as const) {
    await kubectl("rome", "cordon", other);
    await make(name, name, { "liqo.io/type": "virtual-node" });
    await run("wait", "pod", name, "--for=condition=Ready", "--timeout=60s");
    await kubectl("rome", "uncordon", other);
  }
  await run("create", "service", "clusterip", "far", "--tcp=80");
  await run("create", "service", "clusterip", "near-web", "--tcp=80");
  await run("set", "selector", "service", "near-web", "app=near");
  await run("wait", "pod", "--all", "--for=condition=Ready", "--timeout=60s");
}
