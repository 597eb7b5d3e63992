import assert from "node:assert/strict";
import { test } from "node:test";
import { linkOnSite } from "./links.ts";

const DOCUMENTS = new Set(["README.md", "docs/faq.md", "docs/usage/peering.md", "src/network/README.md"]);
const SOURCE = "https://git.example/liqo/blob/main/";

const TABLE: readonly [document: string, link: string, there: string | undefined][] = [
  ["docs/faq.md", "usage/peering.md", "/usage/peering.md"],
  ["docs/usage/peering.md", "../faq.md#pods", "/faq.md#pods"],
  ["docs/faq.md", "../README.md", "/index.md"],
  ["README.md", "docs/faq.md", "/faq.md"],
  ["docs/faq.md", "../src/network", "/project/src/network/index.md"],
  ["docs/faq.md", "../src/network/README.md", "/project/src/network/index.md"],
  ["docs/faq.md", "../deploy/chart/", `${SOURCE}deploy/chart`],
  ["docs/usage/peering.md", "../examples/hello.yaml", `${SOURCE}docs/examples/hello.yaml`],
  ["docs/faq.md", "https://liqo.io", "https://liqo.io"],
  ["docs/faq.md", "#pods", "#pods"],
  ["docs/faq.md", "gone.md", "/docs/gone.md"],
];

for (const [document, link, there] of TABLE)
  test(`${link} in ${document} leads to ${there}`, () => {
    assert.equal(linkOnSite(document, link, { documents: DOCUMENTS, sourceUrl: SOURCE }), there);
  });

test("a file of the repository is no link when nobody said where the repository is", () => {
  const project = { documents: DOCUMENTS, sourceUrl: undefined };
  assert.equal(linkOnSite("docs/faq.md", "../deploy/chart", project), undefined);
  assert.equal(linkOnSite("docs/faq.md", "usage/peering.md", project), "/usage/peering.md");
});
