/** A shell on the page: what is typed and shown, how it is left and how it ends, and what is loaded for it when. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { demoFixture, podNamed } from "../../src/dashboard/web/testing/demo-fixture.ts";
import type { FixtureServer } from "../../src/dashboard/web/testing/fixture-server.ts";
import { loadAxe, violationsOf } from "./axe.ts";
import { Chromium, widerThanScreen } from "./chromium.ts";

const fixture = demoFixture(Date.now());
const ad = podNamed(fixture.items, "ad");
let chromium: Chromium;
let server: FixtureServer;
let address: string;

before(async () => {
  chromium = await Chromium.start();
  server = await chromium.serve({ ...fixture, about: { shell: true } });
  address = `${server.url}#/pod/milan/shop/${ad.name}`;
});
after(async () => {
  await server[Symbol.asyncDispose]();
  await chromium[Symbol.asyncDispose]();
});

async function openShell(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Open a shell" }).click();
  await page.getByRole("status").filter({ hasText: "Open. Ctrl+Shift+X leaves the terminal." }).waitFor();
}

const run = async (page: Page, line: string): Promise<void> => {
  await page.keyboard.type(line);
  await page.keyboard.press("Enter");
};
const shown = (page: Page, text: string | RegExp) => page.locator(".xterm-rows").getByText(text).first();

test("a shell is opened, used and ended, with the command that does the same", async () => {
  await using visit = await chromium.visit(address);
  const { page } = visit;
  await page.getByText(`kubectl exec -it ${ad.key} -c server`).waitFor();
  await page.getByText("It goes through milan's API server and the virtual node to rome").waitFor();
  await openShell(page);
  await run(page, "echo $((6*7))");
  await shown(page, /^42/).waitFor();
  await run(page, "exit 3");
  await page.getByRole("status").filter({ hasText: "The shell ended with exit code 3." }).waitFor();
  // What it said stays; another one begins anew.
  await shown(page, /^42/).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("status").filter({ hasText: "Open." }).waitFor();
  assert.equal(await shown(page, /^42/).count(), 0);
});

test("what breaks is told, and who closes it is told nothing", async () => {
  await using visit = await chromium.visit(address);
  const { page } = visit;
  await openShell(page);
  await run(page, "break");
  await page.locator(".failed").getByText("the connection was lost before the command ended").waitFor();
  await openShell(page);
  await page.getByRole("button", { name: "Close the shell" }).click();
  await page.locator(".terminal-box").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Open a shell" }).waitFor();
});

test("without --shell there is none", async () => {
  await using plain = await chromium.serve(fixture);
  await using visit = await chromium.visit(`${plain.url}#/pod/milan/shop/${ad.name}`);
  await visit.page.getByRole("heading", { name: ad.name }).waitFor();
  assert.equal(await visit.page.getByRole("heading", { name: "Shell" }).count(), 0);
});

test("the terminal is loaded when a shell is opened, and not before", async () => {
  await using visit = await chromium.visit(address);
  const { page } = visit;
  const isLoaded = () =>
    page.evaluate(() => performance.getEntriesByType("resource").some(({ name }) => name.endsWith("/terminal.js")));
  await page.getByText(`kubectl exec -it ${ad.key} -c server`).waitFor();
  assert.equal(await isLoaded(), false);
  await openShell(page);
  assert.equal(await isLoaded(), true);
});

test("colours of every kind are seen, and the policy refuses nothing", async () => {
  await using visit = await chromium.visit(address);
  const { page } = visit;
  await openShell(page);
  await run(page, "colours");
  const pink = shown(page, "pink");
  await pink.waitFor();
  // Brought to enough contrast, and still redder than anything else.
  const [red = 0, green = 0, blue = 0] = await pink.evaluate((cell) =>
    (getComputedStyle(cell).color.match(/\d+/g) ?? []).map(Number),
  );
  assert.ok(red > blue && blue > green, `${red} ${green} ${blue}`);
  await page.getByLabel("Colours").selectOption("dark");
  await page.waitForFunction(() => {
    const rows = document.querySelector(".xterm-rows");
    return rows !== null && getComputedStyle(rows).color === getComputedStyle(document.documentElement).color;
  });
  // Whatever comes after the question for a mode is still shown.
  await page.getByRole("textbox", { name: "Terminal input" }).focus();
  await run(page, "echo $((6*7))");
  await shown(page, /^42/).waitFor();
  assert.equal(await page.evaluate(() => document.adoptedStyleSheets.length > 0), true);
  await page.getByRole("button", { name: "Close the shell" }).click();
  await page.waitForFunction(() => document.adoptedStyleSheets.length === 0);
});

test("the program is told how large the terminal is", async () => {
  await using visit = await chromium.visit(address);
  const { page } = visit;
  await openShell(page);
  await run(page, "stty size");
  await shown(page, /^\d{3} \d\d/).waitFor();
  await page.setViewportSize({ width: 400, height: 800 });
  await run(page, "stty size");
  await shown(page, /^\d\d \d\d/).waitFor();
  assert.equal(await widerThanScreen(page), false);
});

test("keys go to the program, but the one that leaves the terminal", async () => {
  await using visit = await chromium.visit(address);
  const { page } = visit;
  await page.getByRole("button", { name: "Open a shell" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("status").filter({ hasText: "Open." }).waitFor();
  // Neither the search of the page, nor the next control.
  await page.keyboard.press("/");
  await page.keyboard.press("Tab");
  assert.equal(
    await page.getByRole("textbox", { name: "Terminal input" }).evaluate((it) => it === document.activeElement),
    true,
  );
  await page.keyboard.press("Control+Shift+X");
  const button = page.getByRole("button", { name: "Close the shell" });
  assert.equal(await button.evaluate((it) => it === document.activeElement), true);
  await page.keyboard.press("Enter");
  await page.locator(".terminal-box").waitFor({ state: "detached" });
});

test("a screen reader is told what is shown", async () => {
  await using visit = await chromium.visit(address);
  const { page } = visit;
  await openShell(page);
  await page.getByLabel("For a screen reader").check();
  await page.getByRole("textbox", { name: "Terminal input" }).focus();
  await run(page, "echo $((6*7))");
  await page.locator(".xterm-accessibility").getByRole("listitem").filter({ hasText: /^42/ }).waitFor();
});

for (const colorScheme of ["light", "dark"] as const)
  test(`axe finds nothing at a shell that is open, ${colorScheme}`, async () => {
    await using visit = await chromium.visit(address, { colorScheme, bypassCSP: true });
    const { page } = visit;
    await openShell(page);
    await run(page, "colours");
    await shown(page, "pink").waitFor();
    await loadAxe(page);
    assert.deepEqual(await violationsOf(page), []);
    await page.getByLabel("For a screen reader").check();
    await page.locator(".xterm-accessibility").getByRole("listitem").first().waitFor();
    assert.deepEqual(await violationsOf(page), []);
  });
