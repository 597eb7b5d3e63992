/** A real browser on the dashboard's page: Debian's Chromium, or the one that CHROMIUM names. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { bundlePage } from "../../scripts/dashboard-page.ts";
import { type Fixture, FixtureServer } from "../../src/dashboard/web/testing/fixture-server.ts";

const PROGRAM = process.env["CHROMIUM"] ?? inPath("chromium") ?? "/usr/bin/chromium";
// What a busy machine may take for a step of a second.
const PATIENCE_MS = 20_000;

// As text: types of a browser are known to the tests of the page only, and this is used by others, too.
const TELL_REFUSALS = `addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
  console.error("refused by the policy: " + violatedDirective + " " + blockedURI))`;

/** Bundled page and browser, for one file of tests. */
export class Chromium implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #folder: string;

  private constructor(browser: Browser, folder: string) {
    this.#browser = browser;
    this.#folder = folder;
  }

  static async start(): Promise<Chromium> {
    const folder = mkdtempSync(join(tmpdir(), "dashboard-"));
    try {
      await bundlePage(folder);
      return new Chromium(await chromium.launch({ executablePath: PROGRAM, chromiumSandbox: false }), folder);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  serve(fixture: Fixture): Promise<FixtureServer> {
    return FixtureServer.start(this.#folder, fixture);
  }

  /** A page of its own; what goes wrong in it fails the test, when it is closed. */
  async visit(address: string, options: BrowserContextOptions & { readonly forgives?: RegExp } = {}): Promise<Visit> {
    const { forgives, ...rest } = options;
    const context = await this.#browser.newContext({
      viewport: { width: 1280, height: 800 },
      locale: "en-GB",
      timezoneId: "UTC",
      ...rest,
    });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    const problems: string[] = [];
    page.on("pageerror", ({ message }) => problems.push(message));
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") problems.push(message.text());
    });
    await page.addInitScript({ content: TELL_REFUSALS });
    await page.goto(address);
    return {
      page,
      async [Symbol.asyncDispose]() {
        await context.close();
        assert.deepEqual(
          problems.filter((problem) => forgives === undefined || !forgives.test(problem)),
          [],
        );
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function inPath(program: string): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(":");
  return folders.map((folder) => join(folder, program)).find((file) => existsSync(file));
}

interface Visit extends AsyncDisposable {
  readonly page: Page;
}

/** Whether the page can be scrolled sideways, which nobody wants on a phone. */
export function widerThanScreen(page: Page): Promise<boolean> {
  return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth");
}
