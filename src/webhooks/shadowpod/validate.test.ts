import assert from "node:assert/strict";
import { test } from "node:test";
import { quotaProblem } from "./validate.ts";

const quota = (limitsEnforcement: "None" | "Soft" | "Hard", resources: Record<string, string>) => ({
  spec: { user: "u", limitsEnforcement, resources },
});
const pod = (requests: Record<string, string>, limits?: Record<string, string>) => ({
  containers: [{ name: "c", image: "i", resources: { requests, ...(limits !== undefined && { limits }) } }],
});

for (const [name, problem, args] of [
  [
    "a pod within the free quota is accepted",
    undefined,
    [quota("None", { cpu: "2" }), pod({ cpu: "1" }), { cpu: 1_000n }],
  ],
  [
    "a pod beyond the free quota is refused",
    /exceeded quota/,
    [quota("None", { cpu: "2" }), pod({ cpu: "1" }), { cpu: 1_500n }],
  ],
  [
    "a resource outside the quota is refused",
    /not part of the Quota/,
    [quota("None", { cpu: "2" }), pod({ "example.com/gpu": "1" }), {}],
  ],
  [
    "Soft wants requests for cpu and memory",
    /memory must be requested/,
    [quota("Soft", { cpu: "2", memory: "1Gi" }), pod({ cpu: "1" }), {}],
  ],
  [
    "Hard wants requests equal to limits",
    /must equal limits/,
    [quota("Hard", { cpu: "2", memory: "1Gi" }), pod({ cpu: "1", memory: "1Mi" }, { cpu: "2", memory: "1Mi" }), {}],
  ],
] as const) {
  test(name, () => {
    const found = quotaProblem(args[0], args[1], new Map(Object.entries(args[2])));
    if (problem === undefined) assert.equal(found, undefined);
    else assert.match(found ?? "", problem);
  });
}
