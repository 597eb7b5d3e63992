/**
 * A server that speaks the dashboard's protocol about made-up clusters: for tests of the page, which are not about what
 * the real one finds out. It has the real one's Content-Security-Policy.
 */
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import type { Item, ItemKey } from "../../model/items.ts";
import type {
  About,
  ActionAnswer,
  ActionRequest,
  Change,
  Delta,
  ObjectEvent,
  Samples,
  Why,
} from "../../model/protocol.ts";
import { serveShells } from "./fixture-shell.ts";

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const TYPES: { readonly [file: string]: string } = {
  "index.html": "text/html; charset=utf-8",
  "app.js": "text/javascript",
  "terminal.js": "text/javascript",
  "app.css": "text/css",
};

const ABOUT: About = { version: "0.2.0", actions: false, playground: false, shell: false, historyMs: 3_600_000 };

export interface Fixture {
  readonly items: readonly Item[];
  readonly about?: Partial<About>;
  readonly changes?: readonly Change[];
  readonly samples?: readonly Samples[];
  readonly why?: Why;
  readonly events?: readonly ObjectEvent[];
  readonly log?: string;
  readonly nowMs: number;
}

export class FixtureServer implements AsyncDisposable {
  readonly #server = createServer((request, response) => this.#answer(request, response));
  readonly #streams = new Set<ServerResponse>();
  readonly #sockets = new Set<Socket>();
  readonly #page: string;
  readonly #fixture: Fixture;
  readonly #items: Map<ItemKey, Item>;
  readonly #changes: Change[];
  /** Actions that were asked for, plans included. */
  readonly asked: ActionRequest[] = [];
  #refusing = false;
  #sequence = 0;

  private constructor(page: string, fixture: Fixture) {
    this.#page = page;
    this.#fixture = fixture;
    this.#items = new Map(fixture.items.map((item) => [item.key, item]));
    this.#changes = [...(fixture.changes ?? [])];
  }

  /** `page` is the folder with the bundled page. */
  static async start(page: string, fixture: Fixture): Promise<FixtureServer> {
    const server = new FixtureServer(page, fixture);
    serveShells(server.#server);
    server.#server.on("connection", (socket) => {
      server.#sockets.add(socket);
      socket.once("close", () => server.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  item(key: ItemKey): Item | undefined {
    return this.#items.get(key);
  }

  /** Changes items, and tells all pages. */
  change(delta: Omit<Delta, "at">, at: number): void {
    for (const item of delta.put) this.#items.set(item.key, item);
    for (const key of delta.removed) this.#items.delete(key);
    for (const stream of this.#streams) this.#send(stream, "delta", { at, ...delta });
  }

  /** Ends all streams and refuses new ones, until told otherwise. */
  refuse(refusing: boolean): void {
    this.#refusing = refusing;
    if (refusing) for (const stream of this.#streams) stream.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    // With what became of their connections.
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "/", this.url);
    const file = url.pathname === "/" ? "index.html" : url.pathname.slice(1);
    const type = TYPES[file];
    if (type !== undefined) {
      response.writeHead(200, { "Content-Type": type, "Content-Security-Policy": POLICY });
      response.end(readFileSync(join(this.#page, file)));
    } else if (this.#refusing) {
      json(response, { error: "the server is stopping" }, 503);
    } else if (request.method === "POST" && url.pathname === "/api/actions") {
      this.#act(request, response);
    } else this.#get(url, response);
  }

  #get(url: URL, response: ServerResponse): void {
    const { about, samples = [], why = { kind: "Pod", whole: true, links: [] }, events = [], log = "" } = this.#fixture;
    const number = (name: string, missing: number): number => Number(url.searchParams.get(name) ?? missing);
    const answers: { readonly [path: string]: () => unknown } = {
      about: () => ({ ...ABOUT, ...about }),
      picture: () => ({ at: number("at", 0), items: this.#itemsAt(number("at", 0)) }),
      samples: () => samples,
      history: () => this.#history(url),
      marks: () => this.#marks(number("from", 0), number("to", 0), number("buckets", 1)),
      why: () => why,
      events: () => events,
      shell: () => ({
        command: `kubectl exec -it ${url.searchParams.get("key")} -c ${url.searchParams.get("container")}`,
      }),
    };
    const path = url.pathname.replace("/api/", "");
    const answer = answers[path];
    if (path === "stream") this.#stream(response);
    else if (path === "object") text(response, "apiVersion: v1\nkind: Pod\nmetadata:\n  name: made-up\n");
    else if (path === "logs") text(response, log);
    else if (answer === undefined) json(response, { error: `there is no ${url.pathname}` }, 404);
    else json(response, answer());
  }

  #stream(response: ServerResponse): void {
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    this.#streams.add(response);
    response.on("close", () => this.#streams.delete(response));
    this.#send(response, "picture", { at: this.#fixture.nowMs, items: [...this.#items.values()] });
    const last = this.#fixture.samples?.at(-1);
    if (last !== undefined) this.#send(response, "samples", last);
  }

  #send(stream: ServerResponse, event: string, data: unknown): void {
    this.#sequence += 1;
    stream.write(`id: ${this.#sequence}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  #itemsAt(at: number): readonly Item[] {
    const items = new Map(this.#items);
    for (const { key, before } of this.#changes.filter((change) => change.at > at).sort((a, b) => b.at - a.at))
      if (before === undefined) items.delete(key);
      else items.set(key, before);
    return [...items.values()];
  }

  #history({ searchParams }: URL): readonly Change[] {
    const from = Number(searchParams.get("from") ?? 0);
    const to = Number(searchParams.get("to") ?? Number.MAX_SAFE_INTEGER);
    const key = searchParams.get("key");
    return this.#changes
      .filter((change) => change.at >= from && change.at <= to && (key === null || change.key === key))
      .sort((a, b) => b.at - a.at);
  }

  #marks(from: number, to: number, buckets: number): unknown {
    const counts = Array.from({ length: buckets }, () => ({ changes: 0, bad: 0 }));
    for (const { at, health } of this.#changes) {
      const count = counts[Math.floor(((at - from) / (to - from)) * buckets)];
      if (count === undefined) continue;
      count.changes += 1;
      if (health === "bad") count.bad += 1;
    }
    return { from, to, counts };
  }

  #act(request: IncomingMessage, response: ServerResponse): void {
    let body = "";
    request.setEncoding("utf8").on("data", (piece: string) => {
      body += piece;
    });
    request.on("end", () => {
      const asked = JSON.parse(body) as ActionRequest;
      this.asked.push(asked);
      const answer: ActionAnswer = {
        command: `kubectl ${asked.request.action} ${decodeURIComponent(asked.request.key)}`,
        done: !asked.plan,
        ...(asked.plan ? {} : { says: "It is done." }),
      };
      json(response, answer);
    });
  }
}

function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(value));
}

function text(response: ServerResponse, value: string): void {
  response.writeHead(200, { "Content-Type": "text/plain; charset=utf-8" });
  response.end(value);
}
