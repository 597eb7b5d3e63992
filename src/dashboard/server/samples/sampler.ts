/** Every few seconds: how long the tunnels take, and what goes through them, where gateways tell. */
import type { Clock } from "#base/clock.ts";
import { type Context, withTimeout } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { GATEWAY_SELECTOR } from "#forge/networking/names.ts";
import { objectPath } from "#kube/client/client.ts";
import { pods } from "#machinery/builtin.ts";
import { isReady } from "#machinery/pod.ts";
import type { ItemKey, PeeringItem } from "../../model/items.ts";
import type { PeeringSample, Samples } from "../../model/protocol.ts";
import type { ClusterWatch } from "../watch/cluster.ts";
import type { Federation } from "../watch/federation.ts";
import { type Counted, parseCounters, ratesOf } from "./rates.ts";

const SAMPLE_MS = 3_000;
const ANSWER_MS = 2_000;
/** Gateways that tell nothing are asked again after so many samples. */
const PATIENCE = 20;
const MOST_BYTES = 1024 * 1024;

/** A gateway counts anew every few seconds only: what it told a moment ago shows nothing, or all at once. */
const WINDOW = 4;

interface Asked {
  /** The last ones, oldest first. */
  counted: readonly Counted[];
  /** Samples to leave out: nobody answered. */
  wait: number;
}

/** Until the returned function is called. */
export function sampleAgain(
  ctx: Context,
  federation: Federation,
  clock: Clock,
  take: (samples: Samples) => void,
): () => void {
  const asked = new Map<ItemKey, Asked>();
  let cancel = (): void => undefined;
  let isEnded = false;
  const again = async (): Promise<void> => {
    const peerings = federation.picture.list().filter((item) => item.kind === "peering");
    const samples = await Promise.all(peerings.map((item) => sampleOf(ctx, federation, clock, item, asked)));
    // What was read meanwhile is nobody's any more.
    if (isEnded || ctx.signal.aborted) return;
    const keys = new Set(peerings.map(({ key }) => key));
    for (const key of asked.keys()) if (!keys.has(key)) asked.delete(key);
    if (samples.length > 0) take({ at: clock.epochMs(), peerings: samples });
  };
  const run = (): void => {
    again()
      .catch((error: unknown) => ctx.log.warn("nothing was measured", { error: messageOf(error) }))
      .finally(() => {
        if (!isEnded && !ctx.signal.aborted) cancel = clock.after(SAMPLE_MS, run);
      });
  };
  cancel = clock.after(SAMPLE_MS, run);
  return () => {
    isEnded = true;
    cancel();
  };
}

async function sampleOf(
  ctx: Context,
  federation: Federation,
  clock: Clock,
  item: PeeringItem,
  all: Map<ItemKey, Asked>,
): Promise<PeeringSample> {
  const { key, connection } = item;
  const own = all.get(key) ?? { counted: [], wait: 0 };
  all.set(key, own);
  const isConnected = connection?.state === "Connected";
  const latency = isConnected && connection.latencyMs !== undefined ? { latencyMs: connection.latencyMs } : {};
  if (own.wait > 0) {
    own.wait--;
    return { key, ...latency };
  }
  const watch = federation.find(item.cluster);
  const now = watch && (await countersOf(ctx, clock, watch, item.peer));
  const rates = ratesOf(own.counted[0], now);
  const isAnew = rates === undefined;
  own.counted = now === undefined ? [] : isAnew ? [now] : [...own.counted, now].slice(-WINDOW);
  own.wait = now === undefined ? PATIENCE : 0;
  return { key, ...latency, ...rates };
}

/** Through the API server's proxy to the gateway that is in use; undefined where metrics are off, or may not be read. */
async function countersOf(ctx: Context, clock: Clock, watch: ClusterWatch, peer: string): Promise<Counted | undefined> {
  const tenant = watch.followed?.peers.store.get({ name: peer })?.status?.tenantNamespace?.local;
  if (tenant === undefined) return undefined;
  try {
    const limited = withTimeout(ctx, ANSWER_MS);
    const { client } = watch.access;
    const { items } = await client.list(limited, pods, { namespace: tenant, labelSelector: GATEWAY_SELECTOR });
    for (const pod of items.filter(isReady)) {
      const name = pod.metadata?.name ?? "";
      const port = pod.spec?.containers.flatMap(({ ports }) => ports ?? []).find((each) => each.name === "metrics");
      if (port === undefined) continue;
      const path = `${objectPath(pods, { namespace: tenant, name: `${name}:${port.containerPort}` }, "proxy")}/metrics`;
      const text = await readBounded(await client.stream(limited, path));
      const counted = parseCounters(text, clock.nowMs());
      if (counted !== undefined) return counted;
    }
  } catch (error) {
    ctx.log.debug("a gateway tells nothing", { cluster: watch.name, peer, error: messageOf(error) });
  }
  return undefined;
}

async function readBounded(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
