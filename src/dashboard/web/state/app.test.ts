import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { steppedClock } from "#kit/stepped-clock.ts";
import type { Picture } from "../../model/protocol.ts";
import { podItem } from "../testing/demo-world.ts";
import type { Api } from "./api.ts";
import { App } from "./app.ts";

class Stream {
  readonly readyState = 1;
  readonly #handlers = new Map<string, (event: { readonly data: string }) => void>();
  readonly addEventListener = (type: string, handler: (event: { readonly data?: unknown }) => void): void => {
    this.#handlers.set(type, handler);
  };
  readonly close = (): void => undefined;
  readonly send = (type: string, value: unknown): void => this.#handlers.get(type)?.({ data: JSON.stringify(value) });
}

function appAt(
  hash: string,
  pictures: { [at: number]: Promise<Picture> } = {},
  stream = new Stream(),
  clock = steppedClock(),
): App {
  let address = hash;
  const unused = (): never => assert.fail("not asked for here");
  const api: Api = {
    about: unused,
    picture: (at) => pictures[at] ?? Promise.reject(new Error("nothing is known of that time")),
    history: unused,
    marks: unused,
    samples: unused,
    why: unused,
    events: unused,
    object: unused,
    logs: unused,
    shell: unused,
    act: unused,
  };
  return new App({
    clock,
    api,
    openSource: () => stream,
    openShell: unused,
    hash: () => address,
    setHash: (next) => {
      address = next;
    },
    savedTheme: () => "system",
    saveTheme: () => undefined,
  });
}

const pod = podItem({ cluster: "milan", namespace: "shop", name: "web", createdAt: "2026-01-01T00:00:00Z" });

test("a link keeps the time and the namespace that are looked at", () => {
  const app = appAt("#/?namespace=shop&at=5000");
  assert.equal(app.hrefOfItem(pod.key), "#/pod/milan/shop/web?namespace=shop&at=5000");
});

test("an address with a time shows the picture of that time", async () => {
  const app = appAt("#/?at=5000", { 5000: Promise.resolve({ at: 5_000, items: [pod] }) });
  const end = app.start();
  await setImmediate();
  assert.deepEqual([...app.catalog.value.items.keys()], [pod.key]);
  end();
});

test("a time of which nothing is known says so, and now is as it was", async () => {
  const app = appAt("#/?at=5000");
  const end = app.start();
  await setImmediate();
  assert.equal(app.pastError.value, "nothing is known of that time");
  app.lookAt(undefined);
  assert.deepEqual([app.at.value, app.machine.hash()], [undefined, "#/"]);
  end();
});

test("a picture that comes too late is not shown", async () => {
  const late = Promise.withResolvers<Picture>();
  const app = appAt("#/?at=5000", { 5000: late.promise, 6000: Promise.resolve({ at: 6_000, items: [] }) });
  const end = app.start();
  app.lookAt(6_000);
  late.resolve({ at: 5_000, items: [pod] });
  await setImmediate();
  assert.equal(app.catalog.value.items.size, 0);
  end();
});

test("deltas that come together are drawn together, and not after a new picture", () => {
  const [stream, clock] = [new Stream(), steppedClock()];
  const app = appAt("#/", {}, stream, clock);
  const end = app.start();
  const drawn: number[] = [];
  const stop = app.live.subscribe(({ size }) => drawn.push(size));
  const other = podItem({ ...pod, name: "api" });
  stream.send("picture", { at: 0, items: [] });
  stream.send("delta", { at: 1, put: [pod], removed: [] });
  stream.send("delta", { at: 2, put: [other], removed: [] });
  clock.step(50);
  stream.send("delta", { at: 3, put: [], removed: [pod.key] });
  stream.send("picture", { at: 4, items: [pod, other] });
  clock.step(50);
  assert.deepEqual(
    drawn.filter((size, index) => size !== drawn[index - 1]),
    [0, 2],
  );
  stop();
  end();
});

test("a film changes the address once a second, and what is shown at once", () => {
  const clock = steppedClock();
  const app = appAt("#/", {}, new Stream(), clock);
  const addresses = new Set<string>();
  for (let frame = 1; frame <= 20; frame++) {
    app.showPast(frame, new Map([[pod.key, pod]]));
    assert.equal(app.at.value, frame);
    addresses.add(app.machine.hash());
    clock.step(100);
  }
  assert.deepEqual([...addresses], ["#/?at=1", "#/?at=11"]);
});
