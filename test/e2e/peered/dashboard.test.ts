/** `liqoctl dashboard` over two peered clusters: what it shows, what it remembers, and what it may do. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { PodItem } from "#dashboard/model/items.ts";
import { itemKey } from "#dashboard/model/items.ts";
import type { About, Change, Picture } from "#dashboard/model/protocol.ts";
import { needsOwnClusters } from "#engines/choose.ts";
import type { Clusters } from "#kit/clusters.ts";
import { type DashboardClient, openDashboard } from "#kit/dashboard.ts";
import { takePeered } from "#kit/shared-clusters.ts";

const NAMESPACE = "seen";
const SAYING = "echo hello from the other side; trap 'exit 0' TERM; sleep 3600 & wait";
const PEERING = itemKey("peering", "milan", "", "rome");
const WEB = itemKey("workload", "milan", NAMESPACE, "Deployment/web");

describe("the dashboard", () => {
  let clusters: Clusters;
  let page: DashboardClient;

  before(async () => {
    clusters = await takePeered();
    const { kubectl, liqoctl } = clusters;
    await kubectl("milan", "create", "namespace", NAMESPACE);
    await liqoctl("offload", "namespace", NAMESPACE, "--context", "milan", "--pod-offloading-strategy", "Remote");
    await kubectl(
      "milan",
      "create",
      "deployment",
      "web",
      "-n",
      NAMESPACE,
      "--image",
      "busybox",
      "--",
      "sh",
      "-c",
      SAYING,
    );
    await kubectl("milan", "rollout", "status", "deployment/web", "-n", NAMESPACE, "--timeout=120s");
    page = await openDashboard(clusters, "--context", "milan", "--context", "rome", "--actions");
  });

  after(async () => {
    await page?.[Symbol.asyncDispose]();
    await clusters?.[Symbol.asyncDispose]();
  });

  const podsAtHome = (): PodItem[] =>
    page
      .items()
      .filter((item) => item.kind === "pod" && item.cluster === "milan" && item.namespace === NAMESPACE) as PodItem[];

  it("has the whole picture a moment after its start", (t) => {
    t.diagnostic(`address after ${page.addressMs.toFixed(0)} ms, picture after ${page.pictureMs.toFixed(0)} ms`);
    const kinds = new Set(page.items().map(({ kind }) => kind));
    assert.deepEqual([...kinds].sort(), [
      "cluster",
      "namespace",
      "node",
      "peering",
      "pod",
      "reflected",
      "service",
      "workload",
    ]);
    for (const cluster of ["milan", "rome"])
      assert.ok(page.get(itemKey("cluster", cluster, "", ""))?.kind === "cluster");
    // A second on an idle machine; tests of others run beside this one.
    assert.ok(page.pictureMs < 10_000, `the picture came after ${page.pictureMs} ms`);
  });

  it("joins a pod to its twin, both ways", () => {
    const [pod] = podsAtHome();
    assert.deepEqual(
      [pod?.role, pod?.health, pod?.node, pod?.owner],
      ["offloaded", "good", "liqo-rome", "Deployment/web"],
    );
    const twin = page.get(pod?.twin ?? "");
    assert.ok(twin?.kind === "pod" && twin.role === "twin" && twin.twin === pod?.key && twin.cluster === "rome");
  });

  it("shows the peering with its tunnel, CIDRs, certificates and what is used of it", () => {
    const peering = page.get(PEERING);
    assert.ok(peering?.kind === "peering");
    assert.deepEqual([peering.health, peering.role, peering.connection?.state], ["good", "Provider", "Connected"]);
    assert.match(peering.connection?.endpoint ?? "", /^[\d.]+:\d+$/);
    assert.ok(peering.cidrs.length === 2 && peering.certificates.length > 0);
    assert.ok((peering.slices[0]?.used.pods ?? 0) >= 1 && (peering.slices[0]?.granted.cpu ?? 0) > 0);
  });

  it("says why, what happened, what there is, and what a pod says, at home and at the twin", async () => {
    const [pod] = podsAtHome();
    for (const key of [pod?.key ?? "", pod?.twin ?? ""]) {
      const why = await page.json<{ whole: boolean; links: { link: string }[] }>(
        `/api/why?key=${encodeURIComponent(key)}`,
      );
      assert.ok(why.whole && why.links.some(({ link }) => link === "ShadowPod"), JSON.stringify(why));
    }
    const events = await page.json<{ cluster: string }[]>(`/api/events?key=${encodeURIComponent(pod?.key ?? "")}`);
    assert.deepEqual([...new Set(events.map(({ cluster }) => cluster))].sort(), ["milan", "rome"]);
    const yaml = await page.text(`/api/object?key=${encodeURIComponent(pod?.key ?? "")}`);
    assert.match(yaml, /^kind: Pod$/m);
    assert.doesNotMatch(yaml, /managedFields/);
    assert.equal(
      await page.text(`/api/logs?tail=5&key=${encodeURIComponent(pod?.key ?? "")}`),
      "hello from the other side\n",
    );
  });

  it("shows that a Secret was copied, and nothing that is in it", async () => {
    const { kubectl } = clusters;
    await kubectl(
      "milan",
      "create",
      "secret",
      "generic",
      "pin",
      "-n",
      NAMESPACE,
      "--from-literal=code=no-one-may-know",
    );
    const copy = () =>
      page.items().find((item) => item.kind === "reflected" && item.of === "Secret" && item.name === "pin");
    await page.until("the copy is there", () => copy() !== undefined);
    const { key = "", cluster } = copy() ?? {};
    const yaml = await page.text(`/api/object?key=${encodeURIComponent(key)}`);
    assert.equal(cluster, "rome");
    assert.match(yaml, /^ {2}code: \(hidden\)$/m);
    const value = Buffer.from("no-one-may-know").toString("base64");
    assert.ok(
      ![yaml, JSON.stringify(page.items())].some((text) => text.includes(value) || text.includes("no-one-may-know")),
    );
  });

  it("measures the tunnel", async () => {
    await page.until("bytes went through the tunnel", () =>
      page
        .samples()
        .some(({ peerings }) =>
          peerings.some(
            ({ key, ...measured }) =>
              key === PEERING &&
              (["latencyMs", "received", "sent", "loss"] as const).every((each) => measured[each] !== undefined),
          ),
        ),
    );
  });

  it("says the command that does the same, and does nothing as long as it is a plan", async () => {
    const [pod] = podsAtHome();
    const { command, done } = await page.act({ action: "delete-pod", key: pod?.key ?? "" }, true);
    assert.deepEqual([command, done], [`kubectl --context milan -n ${NAMESPACE} delete pod ${pod?.name}`, false]);
    assert.ok(page.get(pod?.key ?? "") !== undefined);
  });

  it("shows a pod that goes and the one that comes, and remembers how it was before", async () => {
    const [pod] = podsAtHome();
    assert.ok(pod !== undefined);
    const beforeMs = Date.now();
    const items = [...page.items()];
    await page.act({ action: "delete-pod", key: pod.key });
    await page.until("another pod runs", () => {
      const [other, more] = podsAtHome();
      return more === undefined && other !== undefined && other.uid !== pod.uid && other.health === "good";
    });
    const then = await page.json<Picture>(`/api/picture?at=${beforeMs}`);
    const ofNamespace = (all: Picture["items"]) =>
      all
        .filter((item) => item.kind === "pod" && item.namespace.startsWith(NAMESPACE))
        .sort((a, b) => (a.key < b.key ? -1 : 1));
    assert.deepEqual(ofNamespace(then.items), ofNamespace(items));
    const changes = await page.json<Change[]>(`/api/history?from=${beforeMs}&key=${encodeURIComponent(pod.key)}`);
    assert.match(changes[0]?.says ?? "", /is gone$/);
    assert.ok(
      changes.some(({ who }) => who !== undefined),
      JSON.stringify(changes),
    );
    const marks = await page.json<{ counts: { changes: number }[] }>(`/api/marks?from=${beforeMs}&buckets=1`);
    assert.ok((marks.counts[0]?.changes ?? 0) >= changes.length);
  });

  it("scales", async () => {
    await page.act({ action: "scale", key: WEB, replicas: 2 });
    await page.until("two pods are ready", () => {
      const web = page.get(WEB);
      return web?.kind === "workload" && web.wanted === 2 && web.ready === 2;
    });
    await page.act({ action: "scale", key: WEB, replicas: 1 });
    await page.until("one pod is left", () => podsAtHome().length === 1);
  });

  it("cordons a node, and takes it back", async () => {
    const key = itemKey("node", "milan", "", "liqo-rome");
    const isCordoned = (): boolean => {
      const node = page.get(key);
      return node?.kind === "node" && node.cordoned;
    };
    await page.act({ action: "cordon", key });
    await page.until("it is cordoned", isCordoned);
    await page.act({ action: "uncordon", key });
    await page.until("it is not any more", () => !isCordoned());
  });

  it("offloads a namespace, and brings it home", async () => {
    await clusters.kubectl("milan", "create", "namespace", "seen-too");
    const key = itemKey("namespace", "milan", "", "seen-too");
    const phase = (): string | undefined => {
      const item = page.get(key);
      return item?.kind === "namespace" ? item.offloading?.phase : undefined;
    };
    await page.until("it is there", () => page.get(key) !== undefined);
    await page.act({ action: "offload", key });
    await page.until("it is offloaded", () => phase() === "Ready");
    await page.until("its twin is seen", () =>
      page.items().some((item) => item.kind === "namespace" && item.origin?.namespace === "seen-too"),
    );
    await page.act({ action: "unoffload", key });
    await page.until("it is home", () => phase() === undefined);
  });

  it("cuts a link only where clusters are a playground's", { skip: needsOwnClusters() }, async (t) => {
    const about = await page.json<{ playground: boolean }>("/api/about");
    if (!about.playground) {
      const { status } = await page.post({ action: "cut", key: PEERING });
      assert.equal(status, 403);
      return t.skip("the clusters are no playground");
    }
    const health = (): string | undefined => {
      const peering = page.get(PEERING);
      return peering?.kind === "peering" ? peering.health : undefined;
    };
    await page.act({ action: "cut", key: PEERING });
    try {
      await page.until("the peering is bad", () => health() === "bad");
    } finally {
      await page.act({ action: "heal", key: PEERING });
    }
    await page.until("the peering is good", () => health() === "good");
  });

  it("shows a cluster that is stopped, and that it is back", { skip: needsOwnClusters() }, async (t) => {
    const about = await page.json<{ playground: boolean }>("/api/about");
    if (!about.playground) return t.skip("the clusters are no playground");
    const key = itemKey("cluster", "rome", "", "");
    const isReachable = (): boolean => {
      const item = page.get(key);
      return item?.kind === "cluster" && item.reachable;
    };
    await page.act({ action: "stop-cluster", key });
    try {
      await page.until("it does not answer", () => !isReachable());
    } finally {
      await page.act({ action: "start-cluster", key });
    }
    await page.until("it answers", isReachable);
    await page.until("all is as it was", () => {
      const peering = page.get(PEERING);
      return peering?.kind === "peering" && peering.health === "good" && podsAtHome()[0]?.health === "good";
    });
  });

  it("read-only it refuses, whoever asks", async () => {
    await using reader = await openDashboard(clusters, "--context", "milan", "--read-only");
    const { status } = await reader.post({ action: "cordon", key: itemKey("node", "milan", "", "liqo-rome") });
    assert.equal(status, 404);
    const { actions, shell } = await reader.json<About>("/api/about");
    assert.deepEqual([actions, shell], [false, false]);
    const [pod] = podsAtHome();
    await assert.rejects(reader.json(`/api/shell?key=${pod?.key}&container=busybox`), /403 .*opens no shells/);
    // Of a cluster that is not looked at a twin is named by its id.
    const twins = reader
      .items()
      .flatMap((item) => (item.kind === "pod" && item.role === "offloaded" ? (item.twin ?? []) : []));
    assert.ok(twins.length > 0 && twins.every((twin) => twin.startsWith("pod/rome/")));
  });

  it("looks at the peers of the current cluster unless told otherwise", { skip: needsOwnClusters() }, async () => {
    await using all = await openDashboard(clusters, "--read-only");
    assert.deepEqual(
      all
        .items()
        .flatMap((item) => (item.kind === "cluster" ? item.cluster : []))
        .sort(),
      ["milan", "rome"],
    );
  });
});
