import assert from "node:assert/strict";
import { test } from "node:test";
import { moveNameOf } from "../commands/move/forge.ts";
import { planOf } from "./model.ts";
import { type MovingFacts, planMoving } from "./moving.ts";

const MOVE = moveNameOf("data");
const AT_HOME = { cluster: "milan", namespace: "liqo-storage" };
const AT_ROME = { cluster: "rome", namespace: "shop-milan" };
const claim = { metadata: { namespace: "shop", name: "data", uid: "1" } };
const volume = (policy: string) => ({
  metadata: { name: "pvc-1" },
  spec: { persistentVolumeReclaimPolicy: policy },
});
const HOME: MovingFacts = {
  ...{ home: "milan", next: "copy", targetNode: "liqo-rome", isBegun: false, target: AT_ROME },
  key: { namespace: "shop", name: "data" },
  old: { claim, volume: volume("Delete"), end: AT_HOME, realClaim: "1", realVolume: "pvc-2", realPolicy: "Delete" },
};
const away = (policy: string, realPolicy: string | undefined): MovingFacts => ({
  ...HOME,
  ...{ targetNode: "worker", target: AT_HOME },
  old: { claim, volume: volume(policy), end: AT_ROME, realClaim: "data", realVolume: "pvc-9", realPolicy },
});

function lines(facts: MovingFacts): string[] {
  const marks = { create: "+", change: "~", delete: "-" };
  return planOf("x", [planMoving(facts)]).changes.map(
    ({ cluster, verb, kind, namespace, name, isTemporary }) =>
      `${isTemporary === true ? "±" : marks[verb]} ${cluster} ${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`,
  );
}

const CLAIM = "~ milan PersistentVolumeClaim shop/data";
const REPOSITORY = ["Deployment", "PersistentVolumeClaim", "Secret", "Service"].map(
  (kind) => `milan ${kind} shop/${MOVE}`,
);
const COPY = `± milan Job shop/${MOVE}-copy`;
const RESTORE = `± milan Job shop/${MOVE}-restore-<uid of the new claim>`;
const MEANWHILE = REPOSITORY.map((line) => `± ${line}`);
const CLEARED = REPOSITORY.map((line) => `- ${line}`);
const NEW = "+ milan PersistentVolume pvc-<uid of the new claim>";
const TO_ROME = [
  CLAIM,
  NEW,
  "+ rome PersistentVolumeClaim shop-milan/data",
  "+ rome PersistentVolume pvc-<uid of the claim behind it>",
];
const TO_HOME = [
  CLAIM,
  NEW,
  "+ milan PersistentVolumeClaim liqo-storage/<uid of the new claim>",
  "+ milan PersistentVolume pvc-<uid of the claim behind it>",
];
const FROM_HOME = [
  "- milan PersistentVolume pvc-1",
  "- milan PersistentVolumeClaim liqo-storage/1",
  "- milan PersistentVolume pvc-2",
];
const FROM_ROME = ["- rome PersistentVolumeClaim shop-milan/data", "- rome PersistentVolume pvc-9"];

for (const [name, facts, expected] of [
  ["to a provider", HOME, [...TO_ROME, ...FROM_HOME, ...MEANWHILE, COPY, RESTORE]],
  [
    "home again",
    away("Delete", "Delete"),
    [...TO_HOME, "- milan PersistentVolume pvc-1", ...FROM_ROME, ...MEANWHILE, COPY, RESTORE],
  ],
  [
    "a volume that is retained at the provider",
    away("Delete", "Retain"),
    [...TO_HOME, "- milan PersistentVolume pvc-1", FROM_ROME[0], ...MEANWHILE, COPY, RESTORE],
  ],
  [
    "a volume that is retained at home",
    { ...HOME, old: { ...HOME.old, volume: volume("Retain") } as MovingFacts["old"] },
    [...TO_ROME, ...MEANWHILE, COPY, RESTORE],
  ],
  [
    "a claim that an earlier run has removed",
    { ...HOME, next: "recreate", isBegun: true, old: undefined },
    [...TO_ROME.slice(1), ...CLEARED, RESTORE],
  ],
  [
    "a claim that is there, and empty",
    { ...HOME, next: "restore", isBegun: true, old: undefined },
    [...CLEARED, RESTORE],
  ],
  ["what is only left over", { ...HOME, next: "finish", isBegun: true, old: undefined }, CLEARED],
  ["nothing", { ...HOME, next: "nothing", old: undefined }, []],
] as const satisfies readonly (readonly [string, MovingFacts, readonly (string | undefined)[]])[])
  test(`moves: ${name}`, () => assert.deepEqual(lines(facts).sort(), [...expected].sort()));

for (const [name, facts, expected] of [
  [
    "what is retained at home",
    { ...HOME, old: { ...HOME.old, volume: volume("Retain") } as MovingFacts["old"] },
    /pvc-1 stays, .* is Retain/,
  ],
  ["what is retained at the provider", away("Delete", "Retain"), /pvc-9 of rome stays, .* is Retain/],
  ["what nobody sees", away("Delete", undefined), /whether rome keeps the old data is not seen: .*--remote-context/],
  ["that pods wait", HOME, /no pod can use claim shop\/data before it is done/],
  ["that it goes on", { ...HOME, isBegun: true }, /a move that was begun goes on/],
] as const)
  test(`tells ${name}, and destroys nothing`, () => {
    const { remarks, destructive } = planOf("x", [planMoving(facts)]);
    assert.match(remarks.join("\n"), expected);
    assert.deepEqual(destructive, []);
  });
