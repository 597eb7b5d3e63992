/** Our roles for peers beside those of upstream's chart: what is missing is what is withheld on purpose. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parse } from "yaml";
import { parseRoles, type Rule, template } from "#kit/chart.ts";
import { USED, WITHHELD } from "#kit/peer-rights.ts";
import { type Grant, grantsOf } from "#kit/rights.ts";
import { findUpstream } from "./upstream.ts";

const upstream = findUpstream();

describe("rights of peers beside upstream's", { skip: typeof upstream === "string" && upstream }, () => {
  for (const role of new Set(USED.map((entry) => entry.role))) {
    test(`${role}: upstream has more only where ours withholds it`, async () => {
      const chart = typeof upstream === "string" ? "" : upstream.chart;
      const file = parse(readFileSync(join(chart, "files", `${role}-ClusterRole.yaml`), "utf8")) as { rules: Rule[] };
      const ours = parseRoles(await template()).find(({ name }) => name === role);
      const has = new Set<Grant>(ours?.rules.flatMap(grantsOf));
      const missing = file.rules.flatMap(grantsOf).filter((grant) => !has.has(grant));
      const withheld = WITHHELD.filter((entry) => entry.role === role).flatMap(({ grants }) => grants);
      assert.deepEqual([...new Set(missing)].sort(), [...withheld].sort());
    });
  }
});
