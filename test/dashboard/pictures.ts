/**
 * Pictures of the dashboard for the documents, of made-up clusters: node test/dashboard/pictures.ts writes
 * docs/images/dashboard-*.png.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { demoFixture, podNamed } from "../../src/dashboard/web/testing/demo-fixture.ts";
import { Chromium } from "./chromium.ts";

const FOLDER = join(import.meta.dirname, "../../docs/images");
const fixture = demoFixture(Date.now());
const PICTURES = [
  { name: "federation", place: "#/", colorScheme: "light" },
  { name: "peering", place: "#/peering/milan/rome", colorScheme: "dark" },
  { name: "pod", place: `#/pod/milan/shop/${podNamed(fixture.items, "cart").name}`, colorScheme: "light" },
] as const;

mkdirSync(FOLDER, { recursive: true });
await using chromium = await Chromium.start();
await using server = await chromium.serve(fixture);
for (const { name, place, colorScheme } of PICTURES) {
  await using visit = await chromium.visit(server.url + place, { colorScheme, reducedMotion: "reduce" });
  await visit.page.getByRole("heading", { level: 1 }).waitFor();
  await visit.page.waitForFunction(() => document.querySelector("[aria-busy=true]") === null);
  await visit.page.screenshot({ path: join(FOLDER, `dashboard-${name}.png`) });
}
