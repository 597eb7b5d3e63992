import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { foreignClusters } from "#api/core/foreigncluster.ts";
import { steppedClock } from "#kit/stepped-clock.ts";
import { startTwoClusters, type TwoClusters } from "#kit/two-clusters.ts";
import { writeStatus } from "#kit/with-status.ts";
import type { Cluster } from "../cluster.ts";
import { declareGone, giveUpWhenSilent, requireSilent } from "./gone.ts";

const UNREACHABLE = "liqo.io/foreign-cluster-permanently-unreachable";

describe("a peer that does not answer", () => {
  let clusters: TwoClusters;
  let cluster: Cluster;

  before(async () => {
    clusters = await startTwoClusters();
    const { client } = clusters.consumer;
    cluster = { client, liqoNamespace: "liqo", server: "https://milan", [Symbol.dispose]: () => undefined };
    await client.create(clusters.ctx, foreignClusters, { metadata: { name: "rome" }, spec: { clusterID: "rome" } });
  });
  after(() => clusters[Symbol.asyncDispose]());

  async function declared(): Promise<string | undefined> {
    const { metadata } = await cluster.client.get(clusters.ctx, foreignClusters, { name: "rome" });
    return metadata?.annotations?.[UNREACHABLE];
  }

  async function answers(status: "Established" | "Error"): Promise<void> {
    const conditions = [{ type: "APIServerStatus", status }];
    await writeStatus(clusters.ctx, cluster.client, foreignClusters, { name: "rome" }, { conditions });
  }

  test("it is declared gone, and that is taken back; nobody is none to speak of", async () => {
    const { ctx } = clusters;
    await declareGone(ctx, cluster, "rome");
    assert.equal(await declared(), "true");
    await declareGone(ctx, cluster, "rome", false);
    assert.equal(await declared(), undefined);
    await declareGone(ctx, cluster, "nobody");
  });

  test("it is given up after 10 s of silence in a row", async () => {
    const clock = steppedClock();
    const check = giveUpWhenSilent(clusters.ctx, cluster, "rome", clock);
    const at = async (ms: number): Promise<string | undefined> => {
      clock.step(ms - clock.nowMs());
      await check();
      return declared();
    };
    await answers("Error");
    assert.equal(await at(0), undefined);
    assert.equal(await at(9_999), undefined);
    await answers("Established");
    assert.equal(await at(20_000), undefined);
    await answers("Error");
    assert.equal(await at(21_000), undefined);
    assert.equal(await at(30_999), undefined);
    assert.equal(await at(31_000), "true");
  });

  test("silent to liqoctl and to Liqo is silent", async () => {
    await answers("Error");
    await requireSilent(clusters.ctx, cluster, "rome", "no answer");
    await requireSilent(clusters.ctx, cluster, "nobody", "no answer");
  });
});
