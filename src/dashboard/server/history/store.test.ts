import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { ClusterItem, Item, NodeItem } from "../../model/items.ts";
import { HISTORY_MS, HistoryStore } from "./store.ts";

function node(name: string, cordoned = false): NodeItem {
  const key = `node/milan//${name}`;
  return { key, cluster: "milan", kind: "node", name, ready: true, cordoned, allocatable: { cpu: 1, memory: 1 } };
}

const milan: ClusterItem = { key: "cluster/milan//", cluster: "milan", kind: "cluster", reachable: true };

/** A run whose only cluster has these items at first. */
function begin(history: HistoryStore, at: number, items: readonly Item[]): void {
  history.begin(at, [milan]);
  history.introduce(at, "milan", items);
}

const change = (before: Item | undefined, after: Item | undefined, who?: string) => ({
  ...{ key: (after ?? before)?.key ?? "", before, after, who },
});

const namesOf = (items: readonly Item[]): string[] =>
  items.map((item) => `${item.key}${"cordoned" in item && item.cordoned ? " cordoned" : ""}`).sort();

describe("history", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "liqo-history-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test("a picture of an earlier time is that of now without what came later", () => {
    using history = new HistoryStore({ file: ":memory:" });
    const [a, b, c] = [node("a"), node("b"), node("c")];
    begin(history, 1_000, [a, b]);
    history.add(2_000, [change(a, node("a", true), "kubectl")]);
    history.add(3_000, [change(b, undefined), change(undefined, c)]);
    history.add(4_000, [change(node("a", true), a)]);
    const now = [a, c];
    const at = (time: number): string[] => namesOf(history.pictureAt(time, now).items);
    assert.deepEqual(at(5_000), ["node/milan//a", "node/milan//c"]);
    assert.deepEqual(at(4_000), ["node/milan//a", "node/milan//c"]);
    assert.deepEqual(at(3_500), ["node/milan//a cordoned", "node/milan//c"]);
    assert.deepEqual(at(2_000), ["node/milan//a cordoned", "node/milan//b"]);
    assert.deepEqual(at(1_500), ["node/milan//a", "node/milan//b"]);
    // Before it began nothing is known.
    assert.equal(history.pictureAt(10, now).at, 1_000);
  });

  test("changes come newest first, of one item, of a time, and not too many", () => {
    using history = new HistoryStore({ file: ":memory:" });
    const [a, b] = [node("a"), node("b")];
    begin(history, 1_000, []);
    history.add(2_000, [change(undefined, a, "kubectl")]);
    history.add(3_000, [change(undefined, b)]);
    history.add(4_000, [change(a, undefined)]);
    const all = { from: 0, to: 10_000, limit: 100 };
    assert.deepEqual(
      history.changes(all).map(({ at, says }) => [at, says]),
      [
        [4_000, "node a in milan is gone"],
        [3_000, "node b in milan was made"],
        [2_000, "node a in milan was made"],
      ],
    );
    assert.deepEqual(
      history.changes({ ...all, key: a.key, limit: 1 }).map(({ at }) => at),
      [4_000],
    );
    assert.deepEqual(
      history.changes({ ...all, from: 2_500, to: 3_500 }).map(({ key }) => key),
      [b.key],
    );
    assert.deepEqual(history.changes({ ...all, to: 2_000 }), [
      { at: 2_000, key: a.key, who: "kubectl", after: a, says: "node a in milan was made", health: "good" },
    ]);
  });

  test("marks count what happened, and what was bad", () => {
    using history = new HistoryStore({ file: ":memory:" });
    begin(history, 0, []);
    history.add(10, [change(undefined, node("a"))]);
    history.add(99, [change(undefined, { ...node("b"), ready: false }), change(undefined, node("c"))]);
    assert.deepEqual(history.marks(0, 100, 2), {
      ...{ from: 0, to: 100 },
      counts: [
        { changes: 1, bad: 0 },
        { changes: 2, bad: 1 },
      ],
    });
    assert.deepEqual(history.marks(5, 5, 1).counts, [{ changes: 0, bad: 0 }]);
  });

  test("what changed while nobody looked is found by the next run", () => {
    const file = join(folder, "kept", "history.sqlite");
    {
      using history = new HistoryStore({ file });
      begin(history, 1_000, [node("a")]);
      assert.deepEqual([history.changes({ from: 0, to: 9_000, limit: 9 }), statSync(file).mode & 0o777], [[], 0o600]);
    }
    using history = new HistoryStore({ file });
    begin(history, 5_000, [node("b")]);
    assert.deepEqual(
      history
        .changes({ from: 0, to: 9_000, limit: 9 })
        .map(({ at, says }) => `${at} ${says}`)
        .sort(),
      ["5000 node a in milan is gone", "5000 node b in milan was made"],
    );
    assert.deepEqual(namesOf(history.pictureAt(2_000, [node("b")]).items), ["node/milan//a"]);
  });

  test("what a cluster has that comes late did not come about then, nor did what another has", () => {
    using history = new HistoryStore({ file: ":memory:" });
    history.begin(1_000, [milan]);
    history.add(2_000, [change(undefined, { ...node("x"), key: "node/rome//x", cluster: "rome" })]);
    history.introduce(3_000, "milan", [node("a")]);
    assert.deepEqual(
      history.changes({ from: 0, to: 9_000, limit: 9 }).map(({ key }) => key),
      ["node/rome//x"],
    );
  });

  test("two processes do not write one file", () => {
    const file = join(folder, "shared.sqlite");
    using first = new HistoryStore({ file });
    begin(first, 1_000, []);
    assert.throws(() => new HistoryStore({ file }), /locked/);
  });

  test("what is older than an hour is forgotten", () => {
    using history = new HistoryStore({ file: ":memory:" });
    begin(history, 0, []);
    history.add(1_000, [change(undefined, node("old"))]);
    history.add(HISTORY_MS, [change(undefined, node("young"))]);
    history.addSamples({ at: 1_000, peerings: [] });
    history.prune(HISTORY_MS + 2_000);
    assert.deepEqual(
      history.changes({ from: 0, to: 2 * HISTORY_MS, limit: 9 }).map(({ key }) => key),
      ["node/milan//young"],
    );
    assert.deepEqual([history.samples(0, 2 * HISTORY_MS), history.since], [[], 2_000]);
  });

  test("its bytes are bounded, and the latest stay", () => {
    const mostBytes = 512 * 1024;
    using history = new HistoryStore({ file: join(folder, "bounded.sqlite"), mostBytes });
    begin(history, 0, []);
    for (let at = 1; at <= 4_000; at++) history.add(at, [change(node("a", at % 2 === 0), node("a", at % 2 === 1))]);
    history.prune(5_000);
    const left = history.changes({ from: 0, to: 5_000, limit: 10_000 });
    const bytes = left.reduce((sum, each) => sum + JSON.stringify(each).length, 0);
    assert.ok(bytes < mostBytes && left.length > 100, `${left.length} changes of ${bytes} bytes are left`);
    assert.deepEqual([left[0]?.at, history.since], [4_000, (left.at(-1)?.at ?? 0) - 1]);
  });

  test("samples are thinned out to what a curve can show, with the last one", () => {
    using history = new HistoryStore({ file: ":memory:" });
    for (let at = 0; at < 2_000; at++) history.addSamples({ at, peerings: [] });
    const samples = history.samples(0, 2_000);
    assert.ok(samples.length <= 720 && samples.length > 360);
    assert.equal(samples.at(-1)?.at, 1_999);
  });
});
