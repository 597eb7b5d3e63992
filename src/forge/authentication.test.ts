import assert from "node:assert/strict";
import { test } from "node:test";
import { forgeQuota } from "./authentication.ts";

for (const [name, expected, annotations, isTenantCordoned] of [
  ["nothing", undefined, {}, false],
  ["the mark on the slice", true, { "liqo.io/cordon": "" }, false],
  ["the mark of its Tenant on the slice", true, { "liqo.io/cordon-tenant": "true" }, false],
  ["its Tenant, whose mark the tenant took off the slice", true, {}, true],
] as const) {
  test(`${name} ${expected === true ? "cordons" : "does not cordon"} a Quota`, () => {
    const slice = { metadata: { name: "s", namespace: "n", annotations }, spec: { consumerClusterID: "milan" } };
    const quota = forgeQuota(slice, { enforcement: "None", isTenantCordoned, globalLabels: {} });
    assert.equal(quota.spec?.cordoned, expected);
  });
}
