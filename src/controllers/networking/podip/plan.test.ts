import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import { forgePodIp } from "#forge/ip.ts";
import { planPodIp, type Seen } from "./plan.ts";

const pod = (podIP: string | undefined, change: { uid?: string; phase?: string; labels?: object } = {}): Pod =>
  ({
    metadata: {
      name: "web",
      namespace: "shop",
      uid: change.uid ?? "1",
      labels: change.labels ?? { "liqo.io/shadowPod": "true" },
    },
    status: { phase: change.phase ?? "Running", ...(podIP !== undefined && { podIP }) },
  }) as Pod;
const AWAY = pod("10.71.0.5");
const MAPPED = forgePodIp(AWAY);
const OF_A_PERSON = { metadata: { name: "web", namespace: "shop" }, spec: { ip: "192.0.2.1" } };
const NOTHING = { do: "nothing" };

const cases: [string, Partial<Seen>, object][] = [
  ["has an address where there is a third cluster", { pod: AWAY }, { do: "create", ip: MAPPED }],
  ["has none where there is no third cluster", { pod: AWAY, peers: 1 }, NOTHING],
  ["loses it with the third cluster", { pod: AWAY, ip: MAPPED, peers: 1 }, { do: "delete", ip: MAPPED }],
  ["keeps it", { pod: AWAY, ip: MAPPED }, NOTHING],
  ["waits for its own address", { pod: pod(undefined) }, NOTHING],
  ["at home needs none", { pod: pod("10.244.0.5", { labels: {} }) }, NOTHING],
  [
    "that is finished needs none",
    { pod: pod("10.71.0.5", { phase: "Succeeded" }), ip: MAPPED },
    { do: "delete", ip: MAPPED },
  ],
  ["that is gone takes it along", { ip: MAPPED }, { do: "delete", ip: MAPPED }],
  ["of the same name has its own", { pod: pod("10.71.0.5", { uid: "2" }), ip: MAPPED }, { do: "delete", ip: MAPPED }],
  ["with another address has another one", { pod: pod("10.71.0.6"), ip: MAPPED }, { do: "delete", ip: MAPPED }],
  [
    "whose former one is on its way out waits",
    {
      pod: pod("10.71.0.6"),
      ip: { ...MAPPED, metadata: { ...MAPPED.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } },
    },
    NOTHING,
  ],
  ["touches none that a person made", { pod: AWAY, ip: OF_A_PERSON }, NOTHING],
  ["that is gone touches none that a person made", { ip: OF_A_PERSON }, NOTHING],
];

for (const [what, seen, expected] of cases)
  test(`a pod ${what}`, () =>
    assert.deepEqual(planPodIp({ pod: undefined, ip: undefined, peers: 2, ...seen }), expected));
