/** `liqoctl dashboard` as a process, and what its page would see of it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Item, ItemKey } from "#dashboard/model/items.ts";
import type { Action, ActionAnswer, Delta, Picture, Samples } from "#dashboard/model/protocol.ts";
import type { Clusters } from "./clusters.ts";

const LIQOCTL = join(import.meta.dirname, "../../bin/liqoctl");
const DEADLINE_MS = 120_000;

export interface DashboardClient extends AsyncDisposable {
  /** From the start of the process on. */
  readonly addressMs: number;
  readonly pictureMs: number;
  items(): Item[];
  get(key: ItemKey): Item | undefined;
  samples(): readonly Samples[];
  json<T>(path: string): Promise<T>;
  text(path: string): Promise<string>;
  post(request: Action, plan?: boolean): Promise<{ readonly status: number; readonly body: string }>;
  /** Throws unless it is done. */
  act(request: Action, plan?: boolean): Promise<ActionAnswer>;
  /** Looks with each delta; throws after two minutes. */
  until(what: string, isSo: () => boolean): Promise<void>;
}

/** With the first picture. Nothing of it is remembered. */
export async function openDashboard({ engine }: Clusters, ...args: readonly string[]): Promise<DashboardClient> {
  const begunMs = performance.now();
  const child = spawn(LIQOCTL, ["dashboard", "--no-open", "--history", "none", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...engine.env, NO_COLOR: "1" },
  });
  try {
    const url = new URL(await addressOf(child));
    const addressMs = performance.now() - begunMs;
    const { headers } = await fetch(url, { redirect: "manual" });
    const cookie = headers.get("set-cookie")?.split(";")[0] ?? "";
    const stream = new Stream();
    const ended = new AbortController();
    const response = await fetch(`${url.origin}/api/stream`, { headers: { cookie }, signal: ended.signal });
    const reading = stream.read(response).catch(() => undefined);
    await stream.until("a picture", () => stream.hasPicture);
    return clientOf(child, { url, cookie, stream, addressMs, pictureMs: performance.now() - begunMs }, async () => {
      ended.abort();
      await reading;
    });
  } catch (error) {
    await end(child);
    throw error;
  }
}

interface Opened {
  readonly url: URL;
  readonly cookie: string;
  readonly stream: Stream;
  readonly addressMs: number;
  readonly pictureMs: number;
}

function clientOf(
  child: ChildProcess,
  { url, cookie, stream, ...times }: Opened,
  stop: () => Promise<void>,
): DashboardClient {
  const ask = async (path: string): Promise<Response> => {
    const response = await fetch(url.origin + path, { headers: { cookie } });
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  const post: DashboardClient["post"] = async (request, plan = false) => {
    const response = await fetch(`${url.origin}/api/actions`, {
      method: "POST",
      headers: { cookie, "content-type": "application/json" },
      body: JSON.stringify({ request, plan }),
    });
    return { status: response.status, body: await response.text() };
  };
  return {
    ...times,
    items: () => [...stream.items.values()],
    get: (key) => stream.items.get(key),
    samples: () => stream.samples,
    json: async <T>(path: string) => (await ask(path)).json() as Promise<T>,
    text: async (path) => (await ask(path)).text(),
    post,
    act: async (request, plan) => {
      const { status, body } = await post(request, plan);
      if (status !== 200) throw new Error(`${request.action} ${request.key}: ${status} ${body}`);
      return JSON.parse(body) as ActionAnswer;
    },
    until: (what, isSo) => stream.until(what, isSo),
    [Symbol.asyncDispose]: async () => {
      await stop();
      await end(child);
    },
  };
}

class Stream {
  readonly items = new Map<ItemKey, Item>();
  readonly samples: Samples[] = [];
  hasPicture = false;
  #told: () => void = () => undefined;

  async read(response: Response): Promise<void> {
    if (response.body === null) throw new Error(`GET /api/stream: ${response.status}`);
    let text = "";
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) this.#take(block);
      this.#told();
    }
  }

  async until(what: string, isSo: () => boolean): Promise<void> {
    const deadlineMs = performance.now() + DEADLINE_MS;
    while (!isSo()) {
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) throw new Error(`the dashboard did not show within ${DEADLINE_MS / 1_000} s: ${what}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#told = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  #take(block: string): void {
    const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1];
    const [event, data] = [field("event"), field("data") ?? ""];
    if (event === "picture") {
      this.items.clear();
      for (const item of (JSON.parse(data) as Picture).items) this.items.set(item.key, item);
      this.hasPicture = true;
    } else if (event === "delta") {
      const { put, removed } = JSON.parse(data) as Delta;
      for (const item of put) this.items.set(item.key, item);
      for (const key of removed) this.items.delete(key);
    } else if (event === "samples") this.samples.push(JSON.parse(data) as Samples);
  }
}

async function addressOf(child: ChildProcess): Promise<string> {
  let text = "";
  for (const output of [child.stdout, child.stderr])
    output?.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  return new Promise((resolve, reject) => {
    child.stdout?.on("data", () => {
      const [url] = /http:\/\/\S+(?=\n)/.exec(text) ?? [];
      if (url !== undefined) resolve(url);
    });
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`liqoctl dashboard ended: ${text}`)));
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  await gone;
}
