/**
 * Two replicas of liqo-controller-manager and of the gateways: one leads, both controller managers serve the webhooks, and
 * the loss of one is nobody's loss.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Lease } from "kubernetes-types/coordination/v1";
import type { Pod, Secret } from "kubernetes-types/core/v1";
import { machineOf, needsOwnClusters } from "#engines/choose.ts";
import { type Clusters, startClusters } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { createCa, issueCertificate } from "#pki/certificate.ts";

const LIQO = ["-n", "liqo"] as const;
const MANAGER = "app.kubernetes.io/name=controller-manager";
const LEASE = "66cf253f.ctrlmgr.liqo.io";
const NAMESPACE = "web";
/** Of the lease, and of the candidate's next look. */
const TAKEOVER_MS = 25_000;
/** Its replica asks it every quarter of a second. */
const HANG_MS = 10_000;
const HOUR_MS = 3_600_000;
const SECRET = "liqo-webhook-certs";
const RENEWAL_IN_MS = 20_000;
/** Asked of the webhooks again and again; nothing comes of it. */
const QUESTION = `
apiVersion: offloading.liqo.io/v1beta1
kind: NamespaceOffloading
metadata: {name: offloading, namespace: asked}
spec: {podOffloadingStrategy: LocalAndRemote}
`;

describe("two replicas", { concurrency: 1, skip: needsOwnClusters() }, () => {
  let clusters: Clusters;
  before(async () => {
    clusters = await startClusters({ name: "milan" }, { name: "rome" });
    for (const { name, podCidr, serviceCidr } of clusters.clusters) {
      const cidrs = ["--pod-cidr", podCidr, "--service-cidr", serviceCidr];
      const replicas = ["--set", "controllerManager.replicas=2,networking.gatewayTemplates.replicas=2"];
      await clusters.liqoctl("install", "--context", name, "--cluster-id", name, ...cidrs, ...replicas);
    }
    await clusters.kubectl("milan", "create", "namespace", "asked");
    await clusters.liqoctl("peer", "--context", "milan", "--remote-context", "rome");
  });
  after(() => clusters?.[Symbol.asyncDispose]());

  test("both are ready, on two nodes, and a disruption takes one at a time", async () => {
    const pods = await bothReady();
    assert.equal(new Set(pods.map(({ spec }) => spec?.nodeName)).size, 2);
    const allowed = ["pdb", "liqo-controller-manager", ...LIQO, "-o", "jsonpath={.status.disruptionsAllowed}"];
    await eventually("the budget is counted", async () => {
      assert.equal(await clusters.kubectl("milan", "get", ...allowed), "1");
    });
  });

  test("when the leader is lost, the other one leads, and webhooks answer before it does", async () => {
    const lost = await leader();
    const pod = await clusters.get<Pod>("milan", "pod", lost, ...LIQO);
    const containerId = pod.status?.containerStatuses?.[0]?.containerID ?? "";
    await machineOf(clusters.engine).kill("milan", { node: pod.spec?.nodeName ?? "", containerId });
    await clusters.kubectl("milan", "delete", "pod", lost, ...LIQO, "--force", "--grace-period=0");
    await eventually("the webhooks answer", ask, 10_000);
    const heir = await eventually(
      "another one leads",
      async () => {
        const now = await leader();
        assert.notEqual(now, lost);
        return now;
      },
      TAKEOVER_MS,
    );
    assert.match(await clusters.kubectl("milan", "get", "pod", heir, ...LIQO), /Running/);
  });

  test("a leader that hangs is followed within seconds, and knows when it goes on", async () => {
    // Only a replica that has seen its leader alive can tell that it is not.
    await bothReady();
    const hung = await leader();
    const pod = await clusters.get<Pod>("milan", "pod", hung, ...LIQO);
    const container = {
      node: pod.spec?.nodeName ?? "",
      containerId: pod.status?.containerStatuses?.[0]?.containerID ?? "",
    };
    const machine = machineOf(clusters.engine);
    const sinceMs = performance.now();
    try {
      await machine.kill("milan", container, "SIGSTOP");
      await eventually("another one leads", async () => assert.notEqual(await leader(), hung), HANG_MS);
    } finally {
      await machine.kill("milan", container, "SIGCONT");
    }
    assert.ok(performance.now() - sinceMs < HANG_MS);
    const heir = await leader();
    await eventually("the former leader says that it is none", async () => {
      const logs = await clusters.kubectl("milan", "logs", hung, ...LIQO, "--previous", "--tail=20");
      assert.match(logs, /lost the lease/);
    });
    assert.equal(await leader(), heir);
  });

  test("offloading goes on under the new leader", async () => {
    await clusters.kubectl("milan", "create", "namespace", NAMESPACE);
    const strategy = ["--pod-offloading-strategy", "Remote"];
    await clusters.liqoctl("offload", "namespace", NAMESPACE, "--context", "milan", ...strategy);
    await clusters.kubectl("milan", "-n", NAMESPACE, "run", "far", "--image=nginx");
    await clusters.kubectl("milan", "-n", NAMESPACE, "wait", "pod/far", "--for=condition=Ready", "--timeout=60s");
    const far = await clusters.get<Pod>("milan", "pod", "far", "-n", NAMESPACE);
    assert.equal(far.spec?.nodeName, "liqo-rome");
  });

  test("one of two gateways is in charge; when it is lost, the other one takes the tunnel over", async () => {
    const gateways = ["pods", "-n", "liqo-tenant-rome", "-l", "networking.liqo.io/component=gateway"] as const;
    const inCharge = async (): Promise<string> => {
      const active = "networking.liqo.io/active=true";
      const { items } = await clusters.get<{ items: Pod[] }>("milan", ...gateways, "-l", active);
      assert.equal(items.length, 1);
      return items[0]?.metadata?.name ?? "";
    };
    const lost = await inCharge();
    await clusters.kubectl("milan", "delete", "pod", lost, "-n", "liqo-tenant-rome", "--grace-period=1");
    await eventually("another one is in charge", async () => assert.notEqual(await inCharge(), lost), TAKEOVER_MS);
    // Not by all labels of the pod: while the tunnel is down one of them says so.
    await clusters.kubectl("milan", "-n", NAMESPACE, "expose", "pod", "far", "--selector=run=far", "--port=80");
    await clusters.kubectl("milan", "-n", "asked", "run", "near", "--image=nginx");
    await clusters.kubectl("milan", "-n", "asked", "wait", "pod/near", "--for=condition=Ready", "--timeout=60s");
    const page = ["exec", "near", "--", "curl", "-sSm2", `http://far.${NAMESPACE}`] as const;
    await eventually("the other cluster answers", async () => {
      assert.match(await clusters.kubectl("milan", "-n", "asked", ...page), /nginx/);
    });
  });

  test("a rollout of both refuses no request", async () => {
    const rollout = ["deployment/liqo-controller-manager", ...LIQO] as const;
    await clusters.kubectl("milan", "rollout", "restart", ...rollout);
    await askUntil(
      eventually("only the new pods are left", async () => {
        await clusters.kubectl("milan", "rollout", "status", ...rollout, "--timeout=90s");
        const pods = await clusters.kubectl("milan", "get", "pods", ...LIQO, "-l", MANAGER, "-o", "name");
        assert.equal(pods.match(/^pod\//gm)?.length, 2, pods);
      }),
    );
  });

  test("the webhooks' certificate is renewed in its time, by both and without a refused request", async () => {
    const old = await certificates();
    const aging = await becomeOldSoon(old);
    const renewed = eventually(
      "a new certificate, served by both",
      async () => {
        const now = await certificates();
        assert.ok(![old.cert, aging].includes(now.cert), "the Secret holds the old one");
        const logs = await clusters.kubectl("milan", "logs", ...LIQO, "-l", MANAGER, "--prefix", "--tail=-1");
        const served = logs.split("\n").filter((line) => line.includes("serves a new certificate"));
        // The one that is about to age, and the one after it.
        assert.equal(served.length, 4, logs);
      },
      90_000,
    );
    await askUntil(renewed);
  });

  function bothReady(): Promise<Pod[]> {
    return eventually("both are ready", async () => {
      const { items } = await clusters.get<{ items: Pod[] }>("milan", "pods", ...LIQO, "-l", MANAGER);
      const ready = items.filter(({ status }) =>
        status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True"),
      );
      assert.equal(ready.length, 2);
      return ready;
    });
  }

  async function leader(): Promise<string> {
    const { spec } = await clusters.get<Lease>("milan", "lease", LEASE, ...LIQO);
    return spec?.holderIdentity ?? "";
  }

  async function ask(): Promise<void> {
    const args = ["create", "--dry-run=server", "-f", "-"];
    const { code, stderr } = await clusters.tryKubectl("milan", args, { input: QUESTION });
    assert.equal(code, 0, stderr);
  }

  /** Asks the webhooks until `end` has come; each question must be answered. */
  async function askUntil(end: Promise<unknown>): Promise<void> {
    let isOver = false;
    const over = end.finally(() => {
      isOver = true;
    });
    // If a question is refused before, that is the failure to report.
    over.catch(() => undefined);
    while (!isOver) {
      await ask();
      await delay(50);
    }
    await over;
  }

  async function certificates(): Promise<{ ca: string; cert: string }> {
    const { data = {} } = await clusters.get<Secret>("milan", "secret", SECRET, ...LIQO);
    const text = (name: string): string => Buffer.from(data[name] ?? "", "base64").toString("utf8");
    return { ca: text("ca.crt"), cert: text("tls.crt") };
  }

  /** Puts a certificate into the Secret, with two thirds of its life nearly over, as a replica would. */
  async function becomeOldSoon(present: { ca: string }): Promise<string> {
    const ca = await createCa("aging-ca");
    const from = Date.now() - 2 * HOUR_MS;
    const leaf = await issueCertificate(ca, {
      subject: { commonName: "aging", organizations: [] },
      alternativeNames: ["liqo-webhook.liqo.svc"],
      usages: ["server"],
      notBefore: new Date(from),
      notAfter: new Date(from + ((2 * HOUR_MS + RENEWAL_IN_MS) * 3) / 2),
    });
    const encode = (text: string): string => Buffer.from(text).toString("base64");
    const data = {
      "ca.crt": encode(ca.certificate + present.ca),
      "tls.crt": encode(leaf.certificate),
      "tls.key": encode(leaf.privateKey),
    };
    await clusters.kubectl("milan", "patch", "secret", SECRET, ...LIQO, "--type=merge", "-p", JSON.stringify({ data }));
    return leaf.certificate;
  }
});
