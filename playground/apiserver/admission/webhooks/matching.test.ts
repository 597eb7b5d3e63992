import assert from "node:assert/strict";
import { test } from "node:test";
import { deployments, namespaces, nodes, pods } from "#machinery/builtin.ts";
import type { AdmissionRequest, ObjectReader } from "../../request.ts";
import {
  checkConditions,
  compileConditions,
  isSelected,
  matchesRule,
  type Webhook,
  type WebhookRule,
} from "./matching.ts";

const request = (own: Partial<AdmissionRequest>): AdmissionRequest =>
  ({
    operation: "CREATE",
    resource: pods,
    kind: { group: "", version: "v1", kind: "Pod" },
    subresource: "",
    namespace: "web",
    name: "p",
    user: { name: "alice", groups: [] },
    object: { metadata: { name: "p", namespace: "web" } },
    oldObject: undefined,
    options: {},
    dryRun: false,
    ...own,
  }) as AdmissionRequest;

const rule = (own: WebhookRule): WebhookRule => ({
  operations: ["CREATE"],
  apiGroups: [""],
  apiVersions: ["v1"],
  resources: ["pods"],
  ...own,
});

const rules: readonly { name: string; rule: WebhookRule; request?: Partial<AdmissionRequest>; matches: boolean }[] = [
  { name: "everything is named", rule: rule({}), matches: true },
  { name: "another operation", rule: rule({ operations: ["UPDATE"] }), matches: false },
  { name: "any operation", rule: rule({ operations: ["*"] }), matches: true },
  { name: "another group", rule: rule({ apiGroups: ["apps"] }), matches: false },
  { name: "any group and version", rule: rule({ apiGroups: ["*"], apiVersions: ["*"] }), matches: true },
  { name: "another version", rule: rule({ apiVersions: ["v2"] }), matches: false },
  { name: "another resource", rule: rule({ resources: ["services"] }), matches: false },
  { name: "the resource, asked for a subresource", rule: rule({}), request: { subresource: "status" }, matches: false },
  {
    name: "the subresource",
    rule: rule({ resources: ["pods/status"] }),
    request: { subresource: "status" },
    matches: true,
  },
  { name: "the subresource, asked for the resource", rule: rule({ resources: ["pods/status"] }), matches: false },
  {
    name: "any subresource of it",
    rule: rule({ resources: ["pods/*"] }),
    request: { subresource: "log" },
    matches: true,
  },
  {
    name: "one subresource of anything",
    rule: rule({ resources: ["*/scale"], apiGroups: ["*"] }),
    request: { resource: deployments, subresource: "scale" },
    matches: true,
  },
  { name: "any resource", rule: rule({ resources: ["*"] }), matches: true },
  {
    name: "any resource, asked for a subresource",
    rule: rule({ resources: ["*"] }),
    request: { subresource: "x" },
    matches: false,
  },
  { name: "namespaced only", rule: rule({ scope: "Namespaced" }), matches: true },
  { name: "cluster-wide only", rule: rule({ scope: "Cluster" }), matches: false },
  {
    name: "cluster-wide only, asked for a node",
    rule: rule({ scope: "Cluster", resources: ["nodes"] }),
    request: { resource: nodes, namespace: "" },
    matches: true,
  },
  { name: "a rule that lists nothing", rule: {}, matches: false },
];

for (const { name, rule: given, request: asked = {}, matches } of rules)
  test(`rule: ${name}`, () => assert.equal(matchesRule(given, request(asked)), matches));

const reader = {
  get: () => ({ metadata: { name: "web", labels: { team: "a" } } }),
  list: () => [],
} as unknown as ObjectReader;
const webhook = (own: Partial<Webhook>): Webhook => ({ name: "w", rules: [rule({})], ...own }) as Webhook;

for (const { name, own, asked = {}, selected } of [
  { name: "without selectors", own: {}, selected: true },
  { name: "labels of the namespace", own: { namespaceSelector: { matchLabels: { team: "a" } } }, selected: true },
  {
    name: "other labels of the namespace",
    own: { namespaceSelector: { matchLabels: { team: "b" } } },
    selected: false,
  },
  {
    name: "a namespace itself by its own labels",
    own: { namespaceSelector: { matchLabels: { team: "b" } }, rules: [rule({ resources: ["namespaces"] })] },
    asked: { resource: namespaces, object: { metadata: { name: "n", labels: { team: "b" } } } },
    selected: true,
  },
  {
    name: "what has no namespace, whatever is asked of namespaces",
    own: { namespaceSelector: { matchLabels: { team: "b" } }, rules: [rule({ resources: ["nodes"] })] },
    asked: { resource: nodes, namespace: "" },
    selected: true,
  },
  { name: "labels of the object that it lacks", own: { objectSelector: { matchLabels: { a: "b" } } }, selected: false },
  {
    name: "labels of the object that it had",
    own: { objectSelector: { matchLabels: { a: "b" } } },
    asked: { oldObject: { metadata: { name: "p", labels: { a: "b" } } } },
    selected: true,
  },
  {
    name: "configurations of webhooks, which stay repairable",
    own: { rules: [rule({ apiGroups: ["*"], resources: ["*"] })] },
    asked: {
      resource: {
        group: "admissionregistration.k8s.io",
        version: "v1",
        plural: "validatingwebhookconfigurations",
        kind: "ValidatingWebhookConfiguration",
        namespaced: false,
      },
    },
    selected: false,
  },
] as readonly { name: string; own: Partial<Webhook>; asked?: Partial<AdmissionRequest>; selected: boolean }[])
  test(`selection: ${name}`, () => assert.equal(isSelected(reader, webhook(own), request(asked)), selected));

const conditions = (...expressions: string[]) =>
  compileConditions(webhook({ matchConditions: expressions.map((expression, i) => ({ name: `c${i}`, expression })) }));

test("conditions: all must hold, and one that does not wins over one that fails", () => {
  assert.deepEqual(checkConditions(conditions(), request({})), { outcome: "match" });
  assert.deepEqual(checkConditions(conditions("object.metadata.name == 'p'"), request({})), { outcome: "match" });
  assert.deepEqual(checkConditions(conditions("object.metadata.name == 'q'"), request({})), { outcome: "skip" });
  assert.deepEqual(checkConditions(conditions("object.nothing.there", "1 == 2"), request({})), { outcome: "skip" });
});

test("conditions: the first that fails is named", () => {
  const result = checkConditions(conditions("true", "object.nothing.there", "((("), request({}));
  assert.equal(result.outcome, "error");
  assert.match("message" in result ? result.message : "", /^failed to evaluate match condition "c1": /);
});
