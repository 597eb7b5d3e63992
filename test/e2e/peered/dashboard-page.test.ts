/** The page of `liqoctl dashboard` in a real Chromium, over two peered clusters: what a user sees and does there. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Locator, Page } from "playwright-core";
import type { Clusters } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { takePeered } from "#kit/shared-clusters.ts";
import { Chromium } from "../../dashboard/chromium.ts";

const LIQOCTL = join(import.meta.dirname, "../../../bin/liqoctl");
const NAMESPACE = "shown";
const SAYING = "echo hello from the other side; trap 'exit 0' TERM; sleep 3600 & wait";

describe("the dashboard's page", () => {
  let clusters: Clusters;
  let chromium: Chromium;

  before(async () => {
    clusters = await takePeered();
    chromium = await Chromium.start();
    const { kubectl, liqoctl } = clusters;
    await kubectl("milan", "create", "namespace", NAMESPACE);
    await liqoctl("offload", "namespace", NAMESPACE, "--context", "milan", "--pod-offloading-strategy", "Remote");
    const deployment = ["create", "deployment", "web", "-n", NAMESPACE, "--image", "busybox", "--"];
    await kubectl("milan", ...deployment, "sh", "-c", SAYING);
    await kubectl("milan", "rollout", "status", "deployment/web", "-n", NAMESPACE, "--timeout=120s");
  });

  after(async () => {
    await chromium?.[Symbol.asyncDispose]();
    await clusters?.[Symbol.asyncDispose]();
  });

  it("shows where a pod runs and why, its log, and acts on it", async () => {
    // Nobody has the log of a pod that is deleted meanwhile: the page says so, and so does the browser.
    await using server = await startDashboard(clusters, "--actions");
    await using visit = await chromium.visit(server.address, { forgives: /Failed to load resource: .* status of 502/ });
    const { page } = visit;
    const offloaded = page.getByRole("link", { name: /^Pod web-\S+, Running, runs in another cluster, on liqo-rome/ });
    const twin = page.getByRole("link", { name: /^Pod web-\S+, Running, runs for another cluster/ });
    await twin.waitFor();
    await page.getByRole("link", { name: /^Peering of milan and rome: healthy/ }).waitFor();
    const old = await offloaded.getAttribute("data-pod");
    await offloaded.click();
    await page.getByText("Every link is in order.").waitFor();
    await page.getByRole("log").getByText("hello from the other side").waitFor();
    await page.getByRole("button", { name: "Delete" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete" });
    await dialog.getByText(/^kubectl --context milan -n shown delete pod web-/).waitFor();
    await dialog.getByRole("button", { name: "Do it" }).click();
    await dialog.getByRole("button", { name: "Close" }).click();
    await page.keyboard.press("g");
    await page.keyboard.press("l");
    await page.getByRole("link", { name: "milan → rome" }).click();
    await page.getByText("milan uses rome's resources.").waitFor();
    await page.getByRole("meter", { name: /^CPU: / }).waitFor({ state: "attached" });
    await page.keyboard.press("g");
    await page.keyboard.press("h");
    await page.getByText(/^Pod shown\/web-\S+ in milan turned from Running to Terminating/i).waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("f");
    await page.locator(`[data-pod="${old}"]`).waitFor({ state: "detached", timeout: 90_000 });
    await offloaded.waitFor({ timeout: 90_000 });
  });

  it("opens a shell where the pod runs, from either side, that ends when the browser leaves", async () => {
    await using server = await startDashboard(clusters, "--shell");
    await using visit = await chromium.visit(server.address);
    const { page } = visit;
    const { kubectl } = clusters;
    await kubectl("milan", "rollout", "status", "deployment/web", "-n", NAMESPACE, "--timeout=120s");
    for (const side of ["runs in another cluster", "runs for another cluster"]) {
      const mark = page.getByRole("link", { name: new RegExp(`^Pod web-\\S+, Running, ${side}`) });
      const pod = (await mark.getAttribute("data-pod"))?.split("/").at(-1) ?? "";
      await mark.click();
      await page.getByText(new RegExp(`^kubectl --context (milan|rome) -n \\S+ exec -it ${pod} -c busybox`)).waitFor();
      await openShell(page);
      await run(page, "echo $((6*7)); hostname");
      for (const line of ["42", pod]) await shown(page, line).waitFor();
      await run(page, "exit 3");
      await page.getByRole("status").filter({ hasText: "The shell ended with exit code 3." }).waitFor();
      await page.keyboard.press("g");
      await page.keyboard.press("h");
      await page
        .getByText(/a shell was opened in container busybox/i)
        .first()
        .waitFor();
      await page.goto(`${page.url().split("#")[0]}#/`);
    }
    await page.getByRole("link", { name: /^Pod web-\S+, Running, runs in another cluster/ }).click();
    await openShell(page);
    await run(page, "sleep 7777");
    const processes = () => kubectl("milan", "exec", "-n", NAMESPACE, "deployment/web", "--", "ps");
    await eventually("the program runs", async () => assert.match(await processes(), /sleep 7777/));
    await page.goto("about:blank");
    await eventually("the program ends", async () => assert.doesNotMatch(await processes(), /sleep 7777/));
  });
});

interface Server extends AsyncDisposable {
  /** Good for one visit. */
  readonly address: string;
}

async function startDashboard({ engine }: Clusters, ...more: readonly string[]): Promise<Server> {
  const flags = ["--no-open", "--history", "none", "--context", "milan", "--context", "rome", ...more];
  const child = spawn(LIQOCTL, ["dashboard", ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...engine.env, NO_COLOR: "1" },
  });
  return {
    address: await addressOf(child),
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return;
      const ended = once(child, "exit");
      child.kill();
      await ended;
    },
  };
}

async function openShell(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Open a shell" }).click();
  await page.getByRole("status").filter({ hasText: "Open. Ctrl+Shift+X leaves the terminal." }).waitFor();
}

async function run(page: Page, line: string): Promise<void> {
  await page.keyboard.type(line);
  await page.keyboard.press("Enter");
}

/** A line of its own: what was typed is on another one. */
function shown(page: Page, line: string): Locator {
  return page.locator(".xterm-rows > div").filter({ hasText: new RegExp(`^${line}\\s*$`) });
}

function addressOf(child: ChildProcess): Promise<string> {
  let text = "";
  return new Promise((resolve, reject) => {
    child.stdout?.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
      const [url] = /http:\/\/\S+(?=\n)/.exec(text) ?? [];
      if (url !== undefined) resolve(url);
    });
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`liqoctl dashboard ended: ${text}`)));
  });
}
