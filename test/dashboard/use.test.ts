/** How the dashboard is used: keyboard, search, time travel, actions, and what it does without its server. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { demoFixture, podNamed } from "../../src/dashboard/web/testing/demo-fixture.ts";
import type { FixtureServer } from "../../src/dashboard/web/testing/fixture-server.ts";
import { Chromium } from "./chromium.ts";

const NOW = Date.now();
const fixture = demoFixture(NOW);
const cart = podNamed(fixture.items, "cart");
let chromium: Chromium;
let server: FixtureServer;

before(async () => {
  chromium = await Chromium.start();
  server = await chromium.serve({ ...fixture, about: { actions: true, playground: true } });
});
after(async () => {
  await server[Symbol.asyncDispose]();
  await chromium[Symbol.asyncDispose]();
});

test("keys lead to every page, and the help lists them", async () => {
  await using visit = await chromium.visit(server.url);
  const { page } = visit;
  await page.getByRole("heading", { level: 1 }).waitFor();
  for (const [key, title] of [
    ["n", "Namespaces"],
    ["s", "Services"],
    ["p", "Pods"],
    ["l", "Peerings"],
    ["h", "History"],
  ]) {
    await page.keyboard.press("g");
    await page.keyboard.press(key ?? "");
    await page.getByRole("heading", { level: 1, name: title ?? "" }).waitFor();
  }
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
});

test("arrows go from pod to pod of a node, and Enter opens one", async () => {
  await using visit = await chromium.visit(server.url);
  const { page } = visit;
  const worker = page.locator(`[data-pod][aria-label*="worker-2, cluster milan"]`);
  await worker.first().focus();
  await page.keyboard.press("ArrowRight");
  const name = await page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? "");
  assert.match(name, /worker-2, cluster milan/);
  await page.locator(".card").waitFor();
  await page.keyboard.press("Escape");
  await page.locator(".card").waitFor({ state: "detached" });
  await page.keyboard.press("Enter");
  await page.getByText("Runs at home, on worker-2 in milan.").waitFor();
});

test("search finds by any word and opens with the keyboard alone", async () => {
  await using visit = await chromium.visit(server.url);
  const { page } = visit;
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.keyboard.press("/");
  await page.getByRole("combobox", { name: /^Search/ }).fill("service frontend");
  assert.equal(await page.getByRole("listbox", { name: "Found" }).getByRole("option").count(), 3);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "frontend" }).waitFor();
});

test("a deep link with a time shows that time, and one key leads back to now", async () => {
  await using visit = await chromium.visit(`${server.url}#/?at=${NOW - 600_000}`);
  const { page } = visit;
  // Ten minutes ago nothing had failed yet, and another pod ran in rome.
  await page.getByRole("heading", { name: "Everything runs as wanted" }).waitFor();
  await page.getByText("You are looking at").waitFor();
  await page.getByRole("link", { name: /Pod email-7c9f8d6b5-old00, .* on liqo-rome/ }).waitFor();
  await page.keyboard.press("n");
  await page.getByRole("heading", { name: "1 thing needs attention" }).waitFor();
  assert.equal(await page.getByText("You are looking at").count(), 0);
});

test("the slider goes back by the keyboard, and what happened since can be played", async () => {
  await using visit = await chromium.visit(`${server.url}#/?at=${NOW - 101_000}`);
  const { page } = visit;
  await page.getByRole("heading", { name: "Everything runs as wanted" }).waitFor();
  const slider = page.getByRole("slider", { name: "Time that is looked at" });
  const before = await slider.getAttribute("aria-valuetext");
  await slider.focus();
  for (let step = 0; step < 3; step++) await page.keyboard.press("ArrowLeft");
  await page.waitForFunction(
    ([old]) => document.querySelector("input[type=range]")?.getAttribute("aria-valuetext") !== old,
    [before],
  );
  await page.getByLabel("Speed").selectOption("60");
  await page.getByRole("button", { name: "Play" }).click();
  await page.getByRole("link", { name: /Pod email-7c9f8d6b5-fgh95, .* on liqo-florence/ }).waitFor();
  await page.getByRole("heading", { name: "1 thing needs attention" }).waitFor();
  // At its end the film is now.
  await page.getByText("You are looking at").waitFor({ state: "detached" });
});

test("who goes back to now ends the film", async () => {
  // There the slider stays.
  await using visit = await chromium.visit(`${server.url}#/history?at=${NOW - 600_000}`);
  const { page } = visit;
  await page.getByRole("button", { name: "Play" }).click();
  await page.getByRole("button", { name: "Pause" }).waitFor();
  await page.getByRole("button", { name: "Back to now" }).click();
  // As long as the film would take to show another picture, several times.
  await page.evaluate(async () => {
    for (let frame = 0; frame < 40; frame++) await new Promise(requestAnimationFrame);
  });
  assert.equal(await page.getByText("You are looking at").count(), 0);
  assert.equal(await page.evaluate(() => location.hash), "#/history");
});

test("an action shows its command, and is done only after it was confirmed", async () => {
  await using visit = await chromium.visit(`${server.url}#/pod/milan/shop/${cart.name}`);
  const { page } = visit;
  server.asked.length = 0;
  await page.getByRole("button", { name: "Delete" }).click();
  const dialog = page.getByRole("dialog", { name: "Delete" });
  await dialog.getByText("kubectl delete-pod").waitFor();
  await dialog.getByRole("button", { name: "Leave it" }).click();
  assert.deepEqual(
    server.asked.map(({ plan }) => plan),
    [true],
  );
  await page.getByRole("button", { name: "Delete" }).click();
  await dialog.getByRole("button", { name: "Do it" }).click();
  await dialog.getByText("It is done.").waitFor();
  assert.deepEqual(server.asked.at(-1), { request: { action: "delete-pod", key: cart.key }, plan: false });
});

test("to scale asks for a number, and plans with it", async () => {
  await using visit = await chromium.visit(`${server.url}#/namespace/milan/shop`);
  const { page } = visit;
  await page
    .getByRole("row", { name: /^cart Deployment/ })
    .getByRole("button", { name: "Scale" })
    .click();
  const dialog = page.getByRole("dialog", { name: "Scale" });
  await dialog.getByLabel("Pods").fill("3");
  await dialog.getByRole("button", { name: "Do it" }).click();
  await dialog.getByText("It is done.").waitFor();
  const [last] = server.asked.slice(-1);
  assert.deepEqual(last?.request.action === "scale" ? [last.plan, last.request.replicas] : last, [false, 3]);
});

test("without actions there is no button for them", async () => {
  await using plain = await chromium.serve(fixture);
  await using visit = await chromium.visit(`${plain.url}#/pod/milan/shop/${cart.name}`);
  await visit.page.getByRole("heading", { name: cart.name }).waitFor();
  assert.equal(await visit.page.getByRole("button", { name: "Delete" }).count(), 0);
});

test("a lost connection is said and seen, and comes back by itself", async () => {
  await using own = await chromium.serve(fixture);
  await using visit = await chromium.visit(own.url, { forgives: /Failed to load resource|ERR_/ });
  const { page } = visit;
  await page.getByRole("status").filter({ hasText: "Live" }).waitFor();
  own.refuse(true);
  await page.getByRole("alert").filter({ hasText: "The connection to the dashboard's server is lost." }).waitFor();
  await page.locator("main.stale").waitFor();
  await page.getByRole("heading", { name: "1 thing needs attention" }).waitFor();
  own.refuse(false);
  await page.getByRole("status").filter({ hasText: "Live" }).waitFor();
  assert.equal(await page.locator("main.stale").count(), 0);
});

test("light and dark follow the system, and can be chosen", async () => {
  await using visit = await chromium.visit(server.url, { colorScheme: "dark" });
  const { page } = visit;
  await page.getByRole("heading", { level: 1 }).waitFor();
  const isBackground = (colour: string) =>
    page.waitForFunction((wanted) => getComputedStyle(document.documentElement).backgroundColor === wanted, colour);
  await isBackground("rgb(14, 17, 22)");
  await page.getByLabel("Colours").selectOption("light");
  await isBackground("rgb(246, 247, 249)");
  await page.reload();
  await page.getByRole("heading", { level: 1 }).waitFor();
  await isBackground("rgb(246, 247, 249)");
});

test("who wants no motion sees none", async () => {
  await using own = await chromium.serve(fixture);
  await using visit = await chromium.visit(own.url, { reducedMotion: "reduce" });
  const { page } = visit;
  const mark = page.locator(`[data-pod="${cart.key}"]`);
  await mark.waitFor();
  own.change({ put: [{ ...cart, node: "liqo-rome", health: "good" }], removed: [] }, NOW);
  await page.getByRole("heading", { name: "Everything runs as wanted" }).waitFor();
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
});
