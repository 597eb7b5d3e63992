/** Whatever is broken between two clusters, `liqoctl why` names the link, says what is wrong and what to do about it. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { REMOTE_CLUSTER_ID } from "#api/labels.ts";
import { silentLogger } from "#base/log.ts";
import type { Clusters } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { runLiqoctl } from "#kit/liqoctl.ts";
import { takePeered } from "#kit/shared-clusters.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { CLAIM_SITUATIONS } from "./why-claims.ts";
import { NAMESPACE_SITUATIONS } from "./why-namespaces.ts";
import { NODE_SITUATIONS } from "./why-nodes.ts";
import { PEER_SITUATIONS } from "./why-peers.ts";
import { CAPPED, EARLY, OLDER, POD_SITUATIONS } from "./why-pods.ts";
import { SERVICE_SITUATIONS } from "./why-services.ts";
import { applyAll, NAMESPACE, namespace, type Situation } from "./why-situation.ts";

const CTX = { signal: new AbortController().signal, log: silentLogger };
const WITHIN_MS = 180_000;
const SITUATIONS: readonly Situation[] = [
  ...NAMESPACE_SITUATIONS,
  ...POD_SITUATIONS,
  ...SERVICE_SITUATIONS,
  ...CLAIM_SITUATIONS,
  ...NODE_SITUATIONS,
  ...PEER_SITUATIONS,
];

interface Found {
  readonly whole: boolean;
  readonly links: readonly {
    readonly link: string;
    readonly state: string;
    readonly says: string;
    readonly hint?: string;
  }[];
}

const isNamespace = ({ kind }: KubeObject): boolean => kind === "Namespace";

/** Namespaces before what lies in them, twins before what is in their way. */
async function make(clusters: Clusters): Promise<void> {
  const home = SITUATIONS.flatMap((each) => each.home ?? []);
  const there = SITUATIONS.flatMap((each) => each.there ?? []);
  const own = [NAMESPACE, CAPPED, OLDER].map((name) => namespace(name));
  await applyAll(clusters, "milan", [...own, ...home.filter(isNamespace)]);
  await applyAll(clusters, "milan", EARLY);
  await applyAll(clusters, "rome", there.filter(isNamespace));
  await eventually("a second in which the early pod is older", async () => {
    const { metadata } = await clusters.get<KubeObject>("milan", "pod", "too-old", "-n", OLDER);
    assert.ok(Date.now() > Date.parse(metadata?.creationTimestamp ?? "") + 1_000);
  });
  for (const name of [NAMESPACE, CAPPED, OLDER])
    await clusters.liqoctl(
      "offload",
      "namespace",
      name,
      "--context",
      "milan",
      "--selector",
      `${REMOTE_CLUSTER_ID}=rome`,
    );
  await applyAll(
    clusters,
    "rome",
    there.filter((object) => !isNamespace(object)),
  );
  await applyAll(
    clusters,
    "milan",
    home.filter((object) => !isNamespace(object)),
  );
  await Promise.all(SITUATIONS.map((each) => each.make?.(clusters)));
}

/** What `kubectl describe` says of what was asked for. */
function described(clusters: Clusters, ask: string): Promise<string> {
  return clusters.kubectl("milan", "describe", ...ask.split(" "));
}

describe("why", { concurrency: 8 }, () => {
  let clusters: Clusters;
  before(async () => {
    clusters = await takePeered();
    await make(clusters);
  });
  after(async () => {
    if (clusters === undefined) return;
    for (const each of SITUATIONS) await each.undo?.(clusters);
    await clusters[Symbol.asyncDispose]();
  });

  for (const { ask, state, link, says, hint, again, isTold } of SITUATIONS)
    test(`${ask}: ${state} at ${link}`, () =>
      eventually(
        `${ask} ends at ${link}`,
        async () => {
          await again?.(clusters);
          const context = ask.includes("--context") ? [] : ["--context", "milan"];
          const args = ["why", ...ask.split(" "), ...context, "-o", "json"];
          const { code, stdout, stderr } = await runLiqoctl(CTX, args, {
            kubeconfig: clusters.engine.kubeconfig,
          });
          assert.equal(code, 0, stderr);
          const { whole, links } = JSON.parse(stdout) as Found;
          const end = links.at(-1);
          assert.deepEqual([end?.link, end?.state], [link, state], JSON.stringify(links));
          if (state === "ok") assert.ok(whole, JSON.stringify(links));
          assert.match(end?.says ?? "", says);
          if (hint !== undefined) assert.match(end?.hint ?? "", hint);
          if (isTold) assert.ok((await described(clusters, ask)).includes(end?.says ?? "nothing"));
        },
        WITHIN_MS,
      ));
});
