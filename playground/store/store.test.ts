import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { StoreEvent } from "./history.ts";
import { Store, StoreError } from "./store.ts";

interface Value {
  readonly n: number;
  readonly revision: number;
}

const PREFIX = "/registry/core/pods/";

function directory(t: { after(fn: () => void): void }): string {
  const path = mkdtempSync(join(tmpdir(), "store-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const value =
  (n: number) =>
  (revision: number): Value => ({ n, revision });

function reasonOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof StoreError) return error.reason;
    throw error;
  }
  return "none";
}

test("writes carry one global revision and refuse a stale expectation", (t) => {
  using store = new Store<Value>(join(directory(t), "db"));
  const first = store.create(`${PREFIX}a/x`, value(1));
  const second = store.create("/registry/core/nodes/n", value(2));
  assert.equal(second.revision, first.revision + 1);
  assert.equal(first.value.revision, first.revision);
  const third = store.update(`${PREFIX}a/x`, first.revision, value(3));
  assert.equal(
    reasonOf(() => store.update(`${PREFIX}a/x`, first.revision, value(4))),
    "changed",
  );
  assert.equal(
    reasonOf(() => store.create(`${PREFIX}a/x`, value(4))),
    "exists",
  );
  assert.equal(
    reasonOf(() => store.update(`${PREFIX}a/y`, 1, value(4))),
    "missing",
  );
  assert.equal(store.delete(`${PREFIX}a/x`, third.revision, value(3)).revision, third.revision + 1);
  assert.equal(store.get(`${PREFIX}a/x`), undefined);
});

test("a list is in key order and can be taken at an earlier revision", (t) => {
  using store = new Store<Value>(join(directory(t), "db"));
  const b = store.create(`${PREFIX}a/b`, value(1));
  store.create(`${PREFIX}a/a`, value(2));
  const before = store.create(`${PREFIX}b/c`, value(3)).revision;
  store.update(`${PREFIX}a/b`, b.revision, value(9));
  store.create(`${PREFIX}a/0`, value(4));
  const gone = store.get(`${PREFIX}b/c`);
  store.delete(`${PREFIX}b/c`, gone?.revision ?? 0, value(3));
  assert.deepEqual(
    store.list(PREFIX).map((e) => [e.key, e.value.n]),
    [
      [`${PREFIX}a/0`, 4],
      [`${PREFIX}a/a`, 2],
      [`${PREFIX}a/b`, 9],
    ],
  );
  assert.deepEqual(
    store.list(PREFIX, before).map((e) => e.value.n),
    [2, 1, 3],
  );
  assert.deepEqual(
    store.list(`${PREFIX}a/`, before).map((e) => e.value.n),
    [2, 1],
  );
});

test("a watch replays the events after its revision, then follows", (t) => {
  using store = new Store<Value>(join(directory(t), "db"));
  const from = store.create(`${PREFIX}a/x`, value(1)).revision;
  store.update(`${PREFIX}a/x`, from, value(2));
  store.create("/registry/core/nodes/n", value(7));
  const seen: StoreEvent<Value>[] = [];
  const stop = store.watch({ prefix: `${PREFIX}a/`, fromRevision: from, onEvent: (event) => seen.push(event) });
  store.create(`${PREFIX}b/x`, value(3));
  const last = store.create(`${PREFIX}a/y`, value(4));
  store.delete(`${PREFIX}a/y`, last.revision, value(4));
  stop();
  store.create(`${PREFIX}a/z`, value(5));
  assert.deepEqual(
    seen.map((e) => [e.type, e.key.slice(PREFIX.length), e.previous?.n]),
    [
      ["MODIFIED", "a/x", 1],
      ["ADDED", "a/y", undefined],
      ["DELETED", "a/y", 4],
    ],
  );
});

test("a watch from a revision that is no longer kept is refused", (t) => {
  using store = new Store<Value>(join(directory(t), "db"), { events: 3 });
  for (let n = 0; n < 10; n++) store.create(`${PREFIX}a/${n}`, value(n));
  const watch = (fromRevision: number) => () => void store.watch({ prefix: PREFIX, fromRevision, onEvent: () => {} });
  assert.equal(reasonOf(watch(store.compactedRevision)), "none");
  assert.throws(watch(2), { message: `too old resource version: 2 (${store.compactedRevision})` });
  assert.equal(reasonOf(watch(store.revision + 1)), "future");
});

test("objects and revision are exact after the writer was killed", async (t) => {
  const file = join(directory(t), "db");
  const script = `
    import { Store } from ${JSON.stringify(new URL("./store.ts", import.meta.url).href)};
    const store = new Store(process.argv[1]);
    for (let n = 0; ; n++) {
      const key = "/registry/core/pods/a/" + (n % 50);
      const old = store.get(key);
      const stamp = (revision) => ({ n, revision });
      if (old === undefined) store.create(key, stamp);
      else if (n % 3 === 0) store.delete(key, old.revision, stamp);
      else store.update(key, old.revision, stamp);
      process.stdout.write(store.revision + "\\n");
      if (n % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    }`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script, file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  await new Promise<void>((resolve) => {
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
      if (output.length > 20_000) child.kill("SIGKILL");
    });
    child.on("close", () => resolve());
  });
  const acknowledged = Number(output.trimEnd().split("\n").at(-1));
  using store = new Store<Value>(file);
  assert.ok(acknowledged > 1_000);
  assert.ok(store.revision >= acknowledged, `${store.revision} >= ${acknowledged}`);
  for (const entry of store.list(PREFIX)) assert.equal(entry.value.revision, entry.revision);
  const next = store.create(`${PREFIX}b/new`, value(1));
  assert.ok(next.revision > acknowledged);
});
