import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { test } from "node:test";
import { anchorOf } from "../site/anchor.ts";

const root = join(import.meta.dirname, "..");
const documents = globSync("**/*.md", { cwd: root, exclude: ["**/node_modules/**", ".tools/**", ".build/**"] });

function anchorsOf(text: string): Set<string> {
  return new Set([...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading)));
}

for (const document of documents) {
  test(`links of ${document} lead somewhere`, () => {
    const text = readFileSync(join(root, document), "utf8").replace(/^```.*?^```$/gms, "");
    const broken = [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = ""]) => {
      if (/^[a-z]+:/.test(link)) return [];
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? join(root, document) : resolve(dirname(join(root, document)), path);
      if (!existsSync(target)) return [`${link}: no ${relative(root, target)}`];
      if (anchor === undefined || !target.endsWith(".md")) return [];
      return anchorsOf(readFileSync(target, "utf8")).has(anchor) ? [] : [`${link}: no such heading`];
    });
    assert.deepEqual(broken, []);
  });
}

test("no document has words that a page would take for a tag or an expression of its own", () => {
  const found = documents.flatMap((document) => {
    const text = readFileSync(join(root, document), "utf8")
      .replaceAll(/^```.*?^```$/gms, "")
      .replaceAll(/(`+)(?!`).*?\1/g, "")
      .replaceAll(/<!--.*?-->/gs, "");
    return [...text.matchAll(/<\/?[a-z][^>]*>|\{\{/gi)].map(([tag]) => `${document}: ${tag}`);
  });
  assert.deepEqual(found, []);
});

test("there are documents", () => assert.ok(documents.includes("README.md")));
