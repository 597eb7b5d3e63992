import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container } from "kubernetes-types/core/v1";
import type { SizedPodSpec } from "#machinery/pod.ts";
import { demandOf, enforcementProblem, quantityProblem } from "./demand.ts";

type Amounts = Record<string, string>;
const container = (requests?: Amounts, limits?: Amounts, name = "web"): Container => ({
  name,
  image: "i",
  resources: { ...(requests !== undefined && { requests }), ...(limits !== undefined && { limits }) },
});
const both = { cpu: "1", memory: "1Gi" };

const demands: readonly (readonly [name: string, spec: SizedPodSpec, cpu: bigint | undefined])[] = [
  ["nothing asked for", { containers: [container()] }, undefined],
  ["requests", { containers: [container({ cpu: "1" }), container({ cpu: "500m" })] }, 1_500n],
  ["a limit alone is a request", { containers: [container(undefined, { cpu: "100" })] }, 100_000n],
  ["a request beside a limit counts", { containers: [container({ cpu: "1" }, { cpu: "100" })] }, 1_000n],
  [
    "an init container's limit",
    { containers: [container({ cpu: "1" })], initContainers: [container(undefined, { cpu: "3" })] },
    3_000n,
  ],
  ["the pod's request", { containers: [container()], resources: { requests: { cpu: "100" } } }, 100_000n],
  ["the pod's limit", { containers: [container()], resources: { limits: { cpu: "100" } } }, 100_000n],
  [
    "the pod's limit beside containers' requests",
    { containers: [container({ cpu: "2" })], resources: { limits: { cpu: "100" } } },
    2_000n,
  ],
  [
    "the pod's request never lowers what containers ask for",
    { containers: [container({ cpu: "2" })], resources: { requests: { cpu: "1m" } } },
    2_000n,
  ],
  ["overhead", { containers: [container({ cpu: "1" })], overhead: { cpu: "250m" } }, 1_250n],
  ["a negative amount gives no credit", { containers: [container({ cpu: "1" }), container({ cpu: "-9" })] }, 1_000n],
];

for (const [name, spec, cpu] of demands) {
  test(`demand: ${name}`, () => assert.equal(demandOf(spec).get("cpu"), cpu));
}

const impossible: readonly (readonly [problem: RegExp | undefined, spec: SizedPodSpec])[] = [
  [undefined, { containers: [container({ cpu: "0", memory: "1.5Gi" }, both)] }],
  [/^container web: requests\.cpu: must not be negative, found -1000$/, { containers: [container({ cpu: "-1000" })] }],
  [/^container web: limits\.cpu: must not be negative/, { containers: [container({}, { cpu: "-1m" })] }],
  [/^init container web: requests\.cpu/, { containers: [], initContainers: [container({ cpu: "-1" })] }],
  [/^pod resources: requests\.cpu/, { containers: [], resources: { requests: { cpu: "-1" } } }],
  [/^overhead\.cpu/, { containers: [], overhead: { cpu: "-1" } }],
  [/^container web: requests\.cpu: not a quantity/, { containers: [container({ cpu: "many" })] }],
];

for (const [problem, spec] of impossible) {
  test(`quantities: ${problem?.source ?? "possible ones"}`, () => {
    if (problem === undefined) assert.equal(quantityProblem(spec), undefined);
    else assert.match(quantityProblem(spec) ?? "", problem);
  });
}

const bare = container({}, {}, "bare");
const halves = container({ cpu: "500m", memory: "1Gi" }, { cpu: "0.5", memory: "1024Mi" });
const enforced: readonly (readonly [
  "None" | "Soft" | "Hard",
  name: string,
  SizedPodSpec,
  problem: RegExp | undefined,
])[] = [
  ["None", "says nothing", { containers: [bare] }, undefined],
  ["Soft", "each container must ask", { containers: [container(both), bare] }, /^container bare: cpu and memory must/],
  ["Soft", "so must each init container", { containers: [container(both)], initContainers: [bare] }, /^init container/],
  ["Soft", "limits imply requests", { containers: [container(undefined, both)] }, undefined],
  ["Hard", "limits imply requests", { containers: [container(undefined, both)] }, undefined],
  ["Hard", "equal amounts may be written differently", { containers: [halves] }, undefined],
  ["Hard", "a higher limit", { containers: [container(both, { ...both, cpu: "2" })] }, /requests must equal limits/],
  ["Hard", "no limit", { containers: [container(both)] }, /requests must equal limits/],
  [
    "Hard",
    "an init container's higher limit",
    { containers: [container(both, both)], initContainers: [container(both, { ...both, cpu: "2" })] },
    /^init container web: requests must equal limits/,
  ],
  [
    "Hard",
    "the pod's higher limit",
    { containers: [container(both, both)], resources: { limits: { cpu: "4" } } },
    /^pod resources: requests must equal limits/,
  ],
  [
    "Hard",
    "the pod's equal limit",
    { containers: [container(both, both)], resources: { limits: { cpu: "1" } } },
    undefined,
  ],
];

for (const [enforcement, name, spec, problem] of enforced) {
  test(`${enforcement}: ${name}`, () => {
    const found = enforcementProblem(spec, enforcement);
    if (problem === undefined) assert.equal(found, undefined);
    else assert.match(found ?? "", problem);
  });
}
