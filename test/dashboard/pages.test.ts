/** Each page of the dashboard by what a user sees of it. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { demoFixture, podNamed } from "../../src/dashboard/web/testing/demo-fixture.ts";
import type { FixtureServer } from "../../src/dashboard/web/testing/fixture-server.ts";
import { Chromium } from "./chromium.ts";

const fixture = demoFixture(Date.now());
const cart = podNamed(fixture.items, "cart");
const ad = podNamed(fixture.items, "ad");
let chromium: Chromium;
let server: FixtureServer;

before(async () => {
  chromium = await Chromium.start();
  server = await chromium.serve(fixture);
});
after(async () => {
  await server[Symbol.asyncDispose]();
  await chromium[Symbol.asyncDispose]();
});

test("the federation says what is where, and what needs somebody", async () => {
  await using visit = await chromium.visit(server.url);
  const { page } = visit;
  await page.getByRole("heading", { name: "1 thing needs attention" }).waitFor();
  await page.getByText("3 clusters, 2 peerings, 10 pods, 5 of them in another cluster.").waitFor();
  await page.getByRole("group", { name: "Virtual node liqo-rome of milan, stands for rome: 3 pods" }).waitFor();
  await page.getByRole("link", { name: /^Peering of milan and rome: healthy · 1\.\d ms/ }).waitFor();
  const mark = page.getByRole("link", { name: `Pod ${ad.name}, Running, runs in another cluster, on liqo-rome` });
  await mark.hover();
  await page.getByText("Runs in", { exact: true }).waitFor();
  await mark.click();
  await page.getByRole("heading", { name: ad.name }).waitFor();
  assert.match(page.url(), /#\/pod\/milan\/shop\/ad-/);
});

test("the federation shows one namespace, with its twins", async () => {
  await using visit = await chromium.visit(server.url);
  const { page } = visit;
  await page.getByLabel("Namespace").selectOption("reports");
  await page.getByText("3 clusters, 2 peerings, 1 pod, all of them at home.").waitFor();
  await page.getByLabel("Namespace").selectOption("shop");
  await page.getByText("9 pods, 5 of them").waitFor();
  assert.match(page.url(), /namespace=shop/);
});

test("a pod that goes another way is moved in the picture", async () => {
  await using own = await chromium.serve(fixture);
  await using visit = await chromium.visit(own.url);
  const { page } = visit;
  const mark = page.locator(`[data-pod="${cart.key}"]`);
  await mark.waitFor();
  const there = await mark.evaluate((element) => element.style.transform);
  own.change({ put: [{ ...cart, node: "liqo-rome", health: "good", status: "Running" }], removed: [] }, Date.now());
  await page.getByRole("heading", { name: "Everything runs as wanted" }).waitFor();
  assert.notEqual(await mark.evaluate((element) => element.style.transform), there);
  assert.ok(await mark.evaluate((element) => element.getAnimations().length > 0), "it jumps");
});

test("a pod tells why, what happened, what both clusters say, and its log", async () => {
  await using visit = await chromium.visit(`${server.url}#/pod/milan/shop/${cart.name}`);
  const { page } = visit;
  await page.getByRole("heading", { name: cart.name }).waitFor();
  await page.getByText("Runs at home, on worker-2 in milan.").waitFor();
  await page.getByText("Look at its log: the container ends by itself.").waitFor();
  await page.getByRole("cell", { name: /^Back-off restarting failed container server \(4 times\)/ }).waitFor();
  await page.getByRole("log").getByText("Error: connect ECONNREFUSED redis:6379").waitFor();
  await page.getByText("The object as YAML").click();
  await page.getByText("kind: Pod").waitFor();
  await page.getByRole("link", { name: "What changed in the 30 s before it failed" }).click();
  await page.getByRole("heading", { name: "What changed in 30 s" }).waitFor();
  await page.getByText("Deployment cart was changed: image boutique/cart:0.2").waitFor();
  assert.equal(await page.getByText("came to liqo-rome").count(), 0);
});

test("an offloaded pod leads to its twin, and back", async () => {
  await using visit = await chromium.visit(`${server.url}#/pod/milan/shop/${ad.name}`);
  const { page } = visit;
  await page.getByText("Runs in rome, on worker-1: its twin is").waitFor();
  await page.getByRole("link", { name: `shop-milan/${ad.name}` }).click();
  await page.getByText("Runs here for milan: its original is").waitFor();
});

test("a peering shows the way of a packet, what is granted, and how long certificates last", async () => {
  await using visit = await chromium.visit(`${server.url}#/peering/milan/rome`);
  const { page } = visit;
  await page.getByRole("heading", { name: "milan → rome" }).waitFor();
  const hops = page.getByRole("region", { name: "The way of a packet" }).getByRole("listitem");
  assert.equal(await hops.count(), 5);
  await page.getByText("Connected, carried by UDP, packets up to 1340 bytes, to 172.20.0.4:51840").waitFor();
  await page.getByRole("meter", { name: "CPU: 33 % used" }).waitFor();
  await page.getByText("299 days left").or(page.getByText("300 days left")).waitFor();
  await page.getByText(/^Round trip: between \d/).waitFor();
  await page.getByRole("link", { name: "The same as rome sees it" }).click();
  await page.getByText("rome lends resources to milan.").waitFor();
});

test("a namespace lists pods with twins, and copies with their errors", async () => {
  await using visit = await chromium.visit(`${server.url}#/namespace/milan/shop`);
  const { page } = visit;
  await page.getByText("Offloaded: its pods may run in the clusters that milan peers with.").waitFor();
  await page.getByRole("link", { name: "Running on worker-1, rome" }).first().waitFor();
  await page.goto(`${server.url}#/namespace/rome/shop-milan`);
  await page.getByText("The twin of namespace shop of milan").waitFor();
  await page.getByRole("cell", { name: "no IngressClass nginx in the provider" }).waitFor();
});

test("a Service says who reaches it how", async () => {
  await using visit = await chromium.visit(`${server.url}#/service/rome/shop-milan/frontend`);
  const { page } = visit;
  await page.getByText("A copy of the Service of milan, kept by Liqo.").waitFor();
  const lines = page.getByRole("region", { name: "Who reaches it how" }).getByRole("listitem");
  assert.equal(await lines.count(), 3);
  await lines.filter({ hasText: "1 in rome, through the tunnel. From outside: 172.20.0.100." }).waitFor();
  await lines.filter({ hasText: "1 in the same cluster" }).waitFor();
});

test("nodes and clusters have pages, lists can be filtered", async () => {
  await using visit = await chromium.visit(`${server.url}#/node/milan/liqo-rome`);
  const { page } = visit;
  await page.getByText("Stands for rome: pods that are placed here run there.").waitFor();
  await page.goto(`${server.url}#/cluster/milan`);
  await page.getByRole("row", { name: /^liqo-florence Ready florence/ }).waitFor();
  await page.getByRole("link", { name: "Pods", exact: true }).click();
  await page.getByLabel("Filter").fill("cart milan");
  await page.getByText("1 of 18 rows").waitFor();
});

test("what is gone leads to its history", async () => {
  await using visit = await chromium.visit(`${server.url}#/pod/milan/shop/email-7c9f8d6b5-old00`);
  const { page } = visit;
  await page.getByRole("heading", { name: "There is no pod email-7c9f8d6b5-old00" }).waitFor();
  await page.getByRole("link", { name: "what is known of it is in the history" }).click();
  await page.getByText("Pod email-7c9f8d6b5-old00 left liqo-rome").waitFor();
  await page.getByText("2 changes").waitFor();
});
