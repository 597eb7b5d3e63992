import assert from "node:assert/strict";
import { test } from "node:test";
import { menu, SECTIONS } from "./navigation.ts";
import { documents, pageOf } from "./pages.ts";

test("every document of docs is in the site's menu, once (site/navigation.ts)", () => {
  const listed = Object.values(SECTIONS).flat();
  const wanted = documents().filter((document) => document.startsWith("docs/"));
  assert.deepEqual(listed.filter((document) => document.startsWith("docs/")).sort(), wanted);
  assert.equal(new Set(listed).size, listed.length);
});

test("an item has the title of its document", () => {
  const [first] = menu();
  assert.deepEqual(first?.items[1], { text: "Tutorial", link: "/tutorial.md" });
});

test("no two documents are the same page, also where upper and lower case are one", () => {
  const pages = documents().map((document) => pageOf(document).toLowerCase());
  assert.equal(new Set(pages).size, pages.length);
});
