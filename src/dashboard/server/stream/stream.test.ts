import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, get, type IncomingMessage } from "node:http";
import { describe, test } from "node:test";
import { steppedClock } from "#kit/stepped-clock.ts";
import type { NodeItem } from "../../model/items.ts";
import type { Delta, Picture } from "../../model/protocol.ts";
import { CurrentPicture } from "../picture.ts";
import { Journal } from "./journal.ts";
import { Readers } from "./readers.ts";

function node(name: string, message = ""): NodeItem {
  const key = `node/milan//${name}`;
  return {
    key,
    cluster: "milan",
    kind: "node",
    name,
    ready: true,
    cordoned: false,
    message,
    allocatable: { cpu: 1, memory: 1 },
  };
}

const put = (item: NodeItem) => ({ key: item.key, item, who: undefined });

interface Told {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: Picture & Delta;
}

/** A server with readers, for as long as `run` takes. */
async function served(
  run: (parts: { picture: CurrentPicture; url: string; readers: Readers }) => Promise<void>,
): Promise<void> {
  const picture = new CurrentPicture();
  using readers = new Readers(picture, "run", steppedClock());
  const server = createServer((request, response) => {
    const last = request.headers["last-event-id"];
    readers.add(response, typeof last === "string" ? last : undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  try {
    await run({ picture, readers, url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}` });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function open(url: string, lastId?: string): Promise<IncomingMessage> {
  const request = get(url, { headers: lastId === undefined ? {} : { "Last-Event-ID": lastId } });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return response;
}

async function* eventsOf(response: IncomingMessage): AsyncGenerator<Told> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) {
    text += chunk;
    for (let end = text.indexOf("\n\n"); end !== -1; end = text.indexOf("\n\n")) {
      const block = text.slice(0, end);
      text = text.slice(end + 2);
      const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1];
      const event = field("event");
      if (event !== undefined) yield { id: field("id"), event, data: JSON.parse(field("data") ?? "") };
    }
  }
}

async function next(events: AsyncGenerator<Told>): Promise<Told> {
  const { value, done } = await events.next();
  if (done === true) throw new Error("the stream has ended");
  return value;
}

describe("the stream", () => {
  test("the picture comes first, then what changes", () =>
    served(async ({ picture, url }) => {
      picture.update(1, [put(node("a"))]);
      const events = eventsOf(await open(url));
      assert.deepEqual((await next(events)).data.items, [node("a")]);
      picture.update(2, [put(node("b")), { key: "node/milan//a", item: undefined, who: undefined }]);
      assert.deepEqual(await next(events), {
        ...{ id: "run-2", event: "delta" },
        data: { at: 2, put: [node("b")], removed: ["node/milan//a"] },
      });
    }));

  test("what is as it was is not told", () =>
    served(async ({ picture, url }) => {
      picture.update(1, [put(node("a"))]);
      const events = eventsOf(await open(url));
      await next(events);
      picture.update(2, [put(node("a"))]);
      picture.update(3, [put(node("b"))]);
      assert.equal((await next(events)).data.at, 3);
    }));

  test("a reader that comes back gets what it has missed, and one that was away too long a picture", () =>
    served(async ({ picture, url }) => {
      picture.update(1, [put(node("a"))]);
      picture.update(2, [put(node("b"))]);
      const missed = await next(eventsOf(await open(url, "run-1")));
      assert.deepEqual([missed.event, missed.data.put], ["delta", [node("b")]]);
      for (const unknown of ["other-1", "run-99", "run-x", "", "run-"])
        assert.equal((await next(eventsOf(await open(url, unknown)))).event, "picture", unknown);
    }));

  test("a reader that does not read costs nothing, and gets a new picture when it does", () =>
    served(async ({ picture, readers, url }) => {
      picture.update(1, [put(node("a"))]);
      const slow = await open(url);
      slow.pause();
      // Far more than the sockets of both ends and the bound of a reader take.
      const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
      for (let at = 2; at < 400; at++) {
        picture.update(at, [put(node("a", `${at}${"x".repeat(256 * 1024)}`))]);
        await new Promise((resolve) => setImmediate(resolve));
      }
      const grown = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed - before;
      assert.ok(grown < 80 * 1024 * 1024, `${Math.round(grown / 1024 / 1024)} MB more than before`);
      const kinds: string[] = [];
      for await (const { event, data } of eventsOf(slow)) {
        kinds.push(event);
        if (event === "picture" && kinds.length > 1) {
          assert.ok(data.items[0]?.kind === "node" && data.items[0].message?.startsWith("399"));
          break;
        }
      }
      assert.equal(readers.count, 1);
      assert.ok(kinds.length < 200, `${kinds.length} events were kept`);
    }));
});

test("the journal keeps the last deltas only", () => {
  const journal = new Journal("run");
  for (let at = 1; at <= 3_000; at++) journal.add({ at, put: [], removed: [] });
  assert.equal(journal.since("run-500"), undefined);
  assert.equal(journal.since("run-2900")?.length, 100);
  assert.deepEqual(journal.since("run-3000"), []);
});
