/** The small federation with a past: a pod that fails, curves, a chain of why, a log. */
import type { Item, PodItem } from "../../model/items.ts";
import { itemKey } from "../../model/items.ts";
import type { Change, Samples } from "../../model/protocol.ts";
import { ago, demoWorld, offloadedPair } from "./demo-world.ts";
import type { Fixture } from "./fixture-server.ts";

const SAMPLE_MS = 5_000;
const SAMPLES = 180;
/** Before now. */
const FAILED_MS = 90_000;
const MOVED_MS = 100_000;
const GROWN_MS = 20 * 60_000;

export function demoFixture(nowMs: number): Fixture {
  const world = demoWorld(nowMs);
  const cart = podNamed(world, "cart");
  const failing: PodItem = { ...cart, health: "bad", status: "CrashLoopBackOff", ready: "0/1", restarts: 4 };
  return {
    nowMs,
    items: world.map((item) => (item.key === cart.key ? failing : item)),
    changes: changesOf(world, cart, failing, nowMs),
    samples: samplesOf(nowMs),
    why: {
      kind: "Pod",
      whole: false,
      links: [
        { link: "Scheduler", state: "ok", says: `placed on ${failing.node}` },
        { link: "Image", state: "ok", says: "boutique/cart:0.2 is there" },
        {
          link: "Container server",
          state: "broken",
          says: "ended with exit status 1, 4 times: connect ECONNREFUSED redis:6379",
          hint: "Look at its log: the container ends by itself.",
        },
        { link: "Readiness", state: "unknown", says: "not asked while the container does not run" },
      ],
    },
    events: [
      {
        at: nowMs - 60_000,
        cluster: "milan",
        type: "Warning",
        reason: "BackOff",
        message: "Back-off restarting failed container server",
        count: 4,
        from: "kubelet",
      },
      {
        at: nowMs - 180_000,
        cluster: "milan",
        type: "Normal",
        reason: "Pulled",
        message: "Container image boutique/cart:0.2 already present on machine",
        count: 1,
        from: "kubelet",
      },
    ],
    log: `${Array.from({ length: 12 }, (_, index) => `line ${index + 1}: cart listens on 8080`).join("\n")}\nError: connect ECONNREFUSED redis:6379\n`,
  };
}

export function podNamed(items: readonly Item[], prefix: string): PodItem {
  const found = items.find((item) => item.kind === "pod" && item.role !== "twin" && item.name.startsWith(prefix));
  if (found?.kind !== "pod") throw new Error(`there is no pod ${prefix} in the world`);
  return found;
}

function changesOf(world: readonly Item[], cart: PodItem, failing: PodItem, nowMs: number): Change[] {
  const email = podNamed(world, "email");
  const [home, away] = offloadedPair(
    { ...email, name: "email-7c9f8d6b5-old00", node: "liqo-rome", createdAt: ago(nowMs, GROWN_MS) },
    { cluster: "rome", namespace: "shop-milan", node: "worker-1" },
  );
  const twin = world.find((item) => item.key === email.twin);
  const gone = [home, away].flatMap((pod): Change[] =>
    pod === undefined
      ? []
      : [
          {
            at: nowMs - GROWN_MS,
            key: pod.key,
            after: pod,
            says: `Pod ${pod.name} came to ${pod.node}`,
            who: "kube-scheduler",
            health: "good",
          },
          {
            at: nowMs - MOVED_MS,
            key: pod.key,
            before: pod,
            says: `Pod ${pod.name} left ${pod.node}`,
            who: "kubectl",
            health: "ending",
          },
        ],
  );
  const came = [email, twin].flatMap((item): Change[] =>
    item?.kind !== "pod"
      ? []
      : [
          {
            at: nowMs - MOVED_MS + 2_000,
            key: item.key,
            after: item,
            says: `Pod ${item.name} came to ${item.node}`,
            who: "kube-scheduler",
            health: "good",
          },
        ],
  );
  return [
    ...gone,
    ...came,
    {
      at: nowMs - FAILED_MS - 10_000,
      key: itemKey("workload", "milan", "shop", "cart"),
      says: "Deployment cart was changed: image boutique/cart:0.2",
      who: "kubectl",
    },
    {
      at: nowMs - FAILED_MS,
      key: cart.key,
      before: cart,
      after: failing,
      says: `Pod ${cart.name}: Running → CrashLoopBackOff`,
      who: "kubelet",
      health: "bad",
    },
  ];
}

function samplesOf(nowMs: number): Samples[] {
  return Array.from({ length: SAMPLES }, (_, index) => ({
    at: nowMs - (SAMPLES - 1 - index) * SAMPLE_MS,
    peerings: [
      { cluster: "milan", peer: "rome", base: 1.3 },
      { cluster: "milan", peer: "florence", base: 8.4 },
    ].map(({ cluster, peer, base }) => ({
      key: itemKey("peering", cluster, "", peer),
      latencyMs: base * (1 + 0.15 * Math.sin(index / 9) + 0.08 * Math.sin(index * 1.7)),
      received: 180_000 * (1.2 + Math.sin(index / 14)),
      sent: 60_000 * (1.3 + Math.sin(index / 11)),
      loss: 0,
    })),
  }));
}
