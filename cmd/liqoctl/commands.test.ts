import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { valueFlags } from "#cli/completion/shell-tables.ts";
import { placesOf } from "#cli/completion/words.ts";
import { formatReference } from "#cli/reference/reference.ts";
import { liqoctl } from "./commands.ts";

test("docs/liqoctl.md has the commands as they are (node scripts/liqoctl-docs.ts writes it)", () => {
  const document = readFileSync(join(import.meta.dirname, "../../docs/liqoctl.md"), "utf8");
  assert.equal(document, formatReference(liqoctl));
});

test("no two commands have the same path, and every path begins with a group or a command", () => {
  const paths = [...liqoctl.groups, ...liqoctl.commands].map(({ path }) => path.join(" "));
  assert.deepEqual(
    paths.filter((path, at) => paths.indexOf(path) !== at),
    [],
  );
  const parents = liqoctl.commands.filter(({ path }) => path.length > 1).map(({ path }) => path.slice(0, -1).join(" "));
  assert.deepEqual(
    parents.filter((parent) => !paths.includes(parent)),
    [],
  );
});

test("a flag takes a value in all commands or in none: the shells look it up by its name alone", () => {
  assert.ok(valueFlags([...placesOf(liqoctl).values()]).includes("--kubeconfig"));
});

test("summaries are sentences, examples begin with liqoctl or load its completion", () => {
  for (const { path, summary, examples = [] } of liqoctl.commands) {
    assert.match(summary, /^[A-Z].*\.$/, path.join(" "));
    for (const example of examples) assert.match(example, /^(source <\()?liqoctl /);
  }
});
