import assert from "node:assert/strict";
import { test } from "node:test";
import type { RouteConfiguration } from "#api/networking/routeconfiguration.ts";
import { silentLogger } from "#base/log.ts";
import { admissionRequest, wordsOf } from "#kit/admission.ts";
import { validateRouteConfiguration } from "./validate.ts";

const ctx = { signal: new AbortController().signal, log: silentLogger };
const to = (...destinations: string[]) => destinations.map((dst) => ({ dst }));

function configuration(rules: object[], name = "t"): RouteConfiguration {
  return { spec: { table: { name, rules } } } as RouteConfiguration;
}

for (const { name, next, before, says } of [
  {
    name: "different rules and routes",
    next: configuration([{ dst: "10.0.0.0/8", routes: to("10.1.0.0/16", "10.2.0.0/16") }]),
  },
  {
    name: "two rules with the same selection and other routes",
    next: configuration([
      { dst: "10.0.0.0/8", routes: to("10.1.0.0/16") },
      { dst: "10.0.0.0/8", routes: to("10.2.0.0/16") },
    ]),
    says: /spec\.table\.rules: two rules are equal/,
  },
  {
    name: "two routes to one place",
    next: configuration([{ routes: [] }, { iif: "eth0", routes: to("10.1.0.0/16", "10.1.0.0/16") }]),
    says: /spec\.table\.rules\[1\]\.routes: two routes have the same dst/,
  },
  {
    name: "another table",
    next: configuration([], "b"),
    before: configuration([], "a"),
    says: /spec\.table\.name is immutable/,
  },
  { name: "other rules of the same table", next: configuration([{ routes: [] }]), before: configuration([]) },
]) {
  test(`${name}: ${says === undefined ? "allowed" : "refused"}`, async () => {
    const answer = await validateRouteConfiguration(ctx, admissionRequest(next, before));
    assert.equal(answer.allowed, says === undefined);
    if (says !== undefined) assert.match(wordsOf(answer), says);
  });
}
