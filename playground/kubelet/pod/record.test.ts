import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { podNamed } from "#kit/cluster-objects.ts";
import {
  type ContainerRecord,
  ended,
  failed,
  type Instance,
  isOutdated,
  loadRecords,
  newRecord,
  refused,
  replaced,
  saveRecord,
  started,
  targetOf,
  withContainer,
} from "./record.ts";

const AT = "2026-01-01T00:00:00Z";
const fresh: ContainerRecord = { restarts: 0, backoffMs: 0, retryAtMs: 0 };
const instance = (id: string): Instance => ({ id, startedAt: AT, image: "web:1", imageId: "x", specImage: "web:1" });
const ending = (seconds: number) => ({
  code: 1,
  reason: "Error",
  finishedAt: new Date(Date.parse(AT) + seconds * 1_000).toISOString(),
});

test("a first start is no restart; each after it is, and doubles the back-off from 10 s to 5 minutes", () => {
  let state = started(fresh, instance("0"));
  assert.deepEqual([state.restarts, state.backoffMs, state.last], [0, 0, undefined]);
  const seen: number[][] = [];
  for (let i = 1; i <= 7; i++) {
    state = started(ended(state, ending(1)), instance(String(i)));
    seen.push([state.restarts, state.backoffMs]);
    assert.deepEqual([state.last?.id, state.current?.id], [String(i - 1), String(i)]);
  }
  assert.deepEqual(seen, [
    [1, 10_000],
    [2, 20_000],
    [3, 40_000],
    [4, 80_000],
    [5, 160_000],
    [6, 300_000],
    [7, 300_000],
  ]);
});

test("what has ended is due after its back-off, unless it ran for more than ten minutes", () => {
  const state = { ...started(fresh, instance("0")), backoffMs: 20_000 };
  const endMs = (seconds: number): number => Date.parse(ending(seconds).finishedAt);
  assert.equal(ended(state, ending(600)).retryAtMs, endMs(600) + 20_000);
  assert.deepEqual([ended(state, ending(601)).retryAtMs, ended(state, ending(601)).backoffMs], [endMs(601), 0]);
  assert.equal(ended(fresh, ending(1)), fresh);
});

test("a refused image is put off for 10 s, 20 s and so on; any other refusal for 2 s", () => {
  const image = { reason: "ErrImagePull", message: "no" };
  const once = refused(fresh, image, 1_000);
  assert.deepEqual([once.waiting, once.backoffMs, once.retryAtMs], [image, 10_000, 11_000]);
  assert.equal(refused(once, image, 1_000).retryAtMs, 21_000);
  assert.equal(refused({ ...fresh, backoffMs: 300_000 }, image, 0).backoffMs, 300_000);
  const config = refused({ ...fresh, backoffMs: 40_000 }, { reason: "CreateContainerError", message: "no" }, 1_000);
  assert.deepEqual([config.backoffMs, config.retryAtMs], [40_000, 3_000]);
});

test("what was created and did not start has run, and ended with 128", () => {
  const once = failed(fresh, { image: "web:1", message: "no such file" }, AT);
  assert.deepEqual(once.current?.ending, { code: 128, reason: "StartError", message: "no such file", finishedAt: AT });
  assert.deepEqual([once.restarts, once.retryAtMs], [0, Date.parse(AT)]);
  const twice = failed(once, { image: "web:1", message: "no such file" }, AT);
  assert.deepEqual([twice.restarts, twice.retryAtMs], [1, Date.parse(AT) + 10_000]);
});

test("a container is outdated when its image is another, and not where nobody wrote down which it was", () => {
  const state = started(fresh, instance("0"));
  const { specImage: _none, ...unknown } = instance("0");
  assert.deepEqual(
    [
      isOutdated({ name: "c", image: "web:1" }, state),
      isOutdated({ name: "c", image: "web:2" }, state),
      isOutdated({ name: "c", image: "web:2" }, { ...state, current: unknown }),
    ],
    [false, true, false],
  );
  const next = replaced({ ...state, backoffMs: 10_000, retryAtMs: 99 });
  assert.deepEqual([next.isReplaced, next.backoffMs, next.retryAtMs], [true, 0, 0]);
});

test("an ephemeral container sees into its target while that runs", () => {
  const pod = podNamed("web", {
    spec: {
      containers: [{ name: "main" }],
      ephemeralContainers: [{ name: "debug", targetContainerName: "main" }, { name: "alone" }],
    },
  });
  const running = withContainer(newRecord(pod, AT), "main", started(fresh, instance("m")));
  assert.equal(targetOf(running, "debug"), "m");
  assert.equal(targetOf(running, "alone"), undefined);
  const over = withContainer(running, "main", ended(started(fresh, instance("m")), ending(1)));
  assert.equal(targetOf(over, "debug"), undefined);
});

test("records are read again as they were written, but for the back-off; folders without one are passed over", () => {
  const folder = mkdtempSync(join(tmpdir(), "record-test-"));
  try {
    const state = { ...ended(started(fresh, instance("m")), ending(1)), backoffMs: 10_000, retryAtMs: 99 };
    const record = withContainer({ ...newRecord(podNamed("web"), AT), ip: "10.244.1.2" }, "main", state);
    saveRecord(join(folder, "web"), record);
    mkdirSync(join(folder, "half"));
    assert.deepEqual(loadRecords(folder), [withContainer(record, "main", { ...state, backoffMs: 0, retryAtMs: 0 })]);
    assert.deepEqual(loadRecords(join(folder, "none")), []);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
