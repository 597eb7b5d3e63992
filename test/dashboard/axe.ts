/** What axe finds on a page. It is put into it, which the policy refuses unless a visit has `bypassCSP`. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"];

/** Once for each visit, before it is asked. */
export async function loadAxe(page: Page): Promise<void> {
  await page.evaluate(AXE);
}

export function violationsOf(page: Page): Promise<string[]> {
  return page.evaluate(async (runOnly) => {
    const { axe } = globalThis as unknown as { readonly axe: typeof import("axe-core") };
    const { violations } = await axe.run(document, { runOnly });
    return violations.map(
      ({ id, nodes }) =>
        `${id}: ${nodes
          .map(({ html }) => html)
          .slice(0, 2)
          .join(" | ")}`,
    );
  }, RULES);
}
