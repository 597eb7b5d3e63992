import assert from "node:assert/strict";
import { test } from "node:test";
import type { LimitRangeItem } from "kubernetes-types/core/v1";
import { type Amounts, checkLimits } from "./limit-ranger.ts";

const item = (own: Partial<LimitRangeItem>): LimitRangeItem => ({ type: "Container", ...own });

const table: readonly { name: string; item: LimitRangeItem; amounts?: Partial<Amounts>; problems: string[] }[] = [
  { name: "no bounds", item: item({}), problems: [] },
  {
    name: "a minimum, and no request",
    item: item({ min: { cpu: "100m" } }),
    problems: ["minimum cpu usage per Container is 100m.  No request is specified"],
  },
  {
    name: "a request below the minimum",
    item: item({ min: { cpu: "100m" } }),
    amounts: { requests: { cpu: "99m" } },
    problems: ["minimum cpu usage per Container is 100m, but request is 99m"],
  },
  {
    name: "a limit below the minimum",
    item: item({ min: { cpu: "0.1" } }),
    amounts: { requests: { cpu: "100m" }, limits: { cpu: "50m" } },
    problems: ["minimum cpu usage per Container is 0.1, but limit is 50m"],
  },
  {
    name: "a maximum, and no limit",
    item: item({ type: "Pod", max: { memory: "1Gi" } }),
    problems: ["maximum memory usage per Pod is 1Gi.  No limit is specified"],
  },
  {
    name: "a claim, which has requests only",
    item: item({ type: "PersistentVolumeClaim", max: { storage: "1Gi" } }),
    amounts: { requests: { storage: "1Gi" } },
    problems: [],
  },
  {
    name: "a claim above the maximum",
    item: item({ type: "PersistentVolumeClaim", max: { storage: "1Gi" } }),
    amounts: { requests: { storage: "1025Mi" } },
    problems: ["maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 1025Mi"],
  },
  {
    name: "a limit above the maximum",
    item: item({ max: { memory: "1Gi" } }),
    amounts: { limits: { memory: "2Gi" } },
    problems: ["maximum memory usage per Container is 1Gi, but limit is 2Gi"],
  },
  {
    name: "a ratio at its bound",
    item: item({ maxLimitRequestRatio: { cpu: "2" } }),
    amounts: { requests: { cpu: "1" }, limits: { cpu: "2" } },
    problems: [],
  },
  {
    name: "a ratio above its bound",
    item: item({ maxLimitRequestRatio: { cpu: "2" } }),
    amounts: { requests: { cpu: "1" }, limits: { cpu: "2500m" } },
    problems: ["cpu max limit to request ratio per Container is 2, but provided ratio is 2.500000"],
  },
  {
    name: "a ratio to nothing",
    item: item({ maxLimitRequestRatio: { cpu: "2" } }),
    amounts: { limits: { cpu: "1" } },
    problems: ["cpu max limit to request ratio per Container is 2, but no request is specified or request is 0"],
  },
  {
    name: "a ratio of nothing",
    item: item({ maxLimitRequestRatio: { cpu: "2" } }),
    amounts: { requests: { cpu: "1" } },
    problems: ["cpu max limit to request ratio per Container is 2, but no limit is specified or limit is 0"],
  },
  {
    name: "several at once, the minimum first",
    item: item({ min: { cpu: "1" }, max: { memory: "1" } }),
    problems: [
      "minimum cpu usage per Container is 1.  No request is specified",
      "maximum memory usage per Container is 1.  No limit is specified",
    ],
  },
];

for (const { name, item: bounds, amounts = {}, problems } of table)
  test(name, () => assert.deepEqual(checkLimits(bounds, { requests: {}, limits: {}, ...amounts }), problems));
