/** The page of `liqoctl dashboard` in a real Chromium, over two peered clusters: what a user sees and does there. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Clusters } from "#kit/clusters.ts";
import { takePeered } from "#kit/shared-clusters.ts";
import { Chromium } from "../../dashboard/chromium.ts";

const LIQOCTL = join(import.meta.dirname, "../../../bin/liqoctl");
const NAMESPACE = "shown";
const SAYING = "echo hello from the other side; trap 'exit 0' TERM; sleep 3600 & wait";

describe("the dashboard's page", () => {
  let clusters: Clusters;
  let chromium: Chromium;
  let server: ChildProcess;
  let address: string;

  before(async () => {
    clusters = await takePeered();
    chromium = await Chromium.start();
    const { kubectl, liqoctl } = clusters;
    await kubectl("milan", "create", "namespace", NAMESPACE);
    await liqoctl("offload", "namespace", NAMESPACE, "--context", "milan", "--pod-offloading-strategy", "Remote");
    const deployment = ["create", "deployment", "web", "-n", NAMESPACE, "--image", "busybox", "--"];
    await kubectl("milan", ...deployment, "sh", "-c", SAYING);
    await kubectl("milan", "rollout", "status", "deployment/web", "-n", NAMESPACE, "--timeout=120s");
    const flags = ["--no-open", "--history", "none", "--context", "milan", "--context", "rome", "--actions"];
    server = spawn(LIQOCTL, ["dashboard", ...flags], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...clusters.engine.env, NO_COLOR: "1" },
    });
    address = await addressOf(server);
  });

  after(async () => {
    if (server?.exitCode === null) {
      const ended = once(server, "exit");
      server.kill();
      await ended;
    }
    await chromium?.[Symbol.asyncDispose]();
    await clusters?.[Symbol.asyncDispose]();
  });

  it("shows where a pod runs and why, its log, and acts on it", async () => {
    // Nobody has the log of a pod that is deleted meanwhile: the page says so, and so does the browser.
    await using visit = await chromium.visit(address, { forgives: /Failed to load resource: .* status of 502/ });
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
});

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
