import assert from "node:assert/strict";
import { test } from "node:test";
import { latestTime, nextTime, parseCron } from "./schedule.ts";

const at = (text: string): number => Date.parse(text);

function next(cron: string, after: string, zone?: string): string | undefined {
  const schedule = parseCron(cron);
  assert.ok(schedule, cron);
  const time = nextTime(schedule, at(after), zone);
  return time === undefined ? undefined : new Date(time).toISOString();
}

test("the next time of a schedule is the first minute after that fits all fields", () => {
  const table: [string, string, string][] = [
    ["*/1 * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:01:00.000Z"],
    ["*/15 * * * *", "2026-01-01T00:14:59Z", "2026-01-01T00:15:00.000Z"],
    ["5/20 3 * * *", "2026-01-01T03:25:00Z", "2026-01-01T03:45:00.000Z"],
    ["0 9-17/4 * * MON-FRI", "2026-01-02T17:00:00Z", "2026-01-05T09:00:00.000Z"],
    ["30 6 29 feb *", "2026-01-01T00:00:00Z", "2028-02-29T06:30:00.000Z"],
    ["@monthly", "2026-01-31T12:00:00Z", "2026-02-01T00:00:00.000Z"],
    ["0,30 0 1,15 * *", "2026-01-01T00:00:30Z", "2026-01-01T00:30:00.000Z"],
  ];
  for (const [cron, after, expected] of table) assert.equal(next(cron, after), expected, cron);
});

test("with a day of the month and a weekday either suffices", () => {
  assert.equal(next("0 0 13 * 5", "2026-01-01T00:00:00Z"), "2026-01-02T00:00:00.000Z");
  assert.equal(next("0 0 13 * *", "2026-01-01T00:00:00Z"), "2026-01-13T00:00:00.000Z");
});

test("a time zone moves the schedule, summer time included", () => {
  assert.equal(next("0 8 * * *", "2026-01-10T00:00:00Z", "Europe/Rome"), "2026-01-10T07:00:00.000Z");
  assert.equal(next("0 8 * * *", "2026-07-10T00:00:00Z", "Europe/Rome"), "2026-07-10T06:00:00.000Z");
});

test("a day that never comes has no next time", () => {
  assert.equal(next("0 0 30 2 *", "2026-01-01T00:00:00Z"), undefined);
});

test("of many missed times the latest counts", () => {
  const schedule = parseCron("*/10 * * * *");
  assert.ok(schedule);
  const latest = (after: string, until: string) => latestTime(schedule, at(after), at(until));
  assert.equal(latest("2025-01-01T00:00:00Z", "2026-01-01T00:09:00Z"), at("2026-01-01T00:00:00Z"));
  assert.equal(latest("2026-01-01T00:00:00Z", "2026-01-01T00:09:00Z"), undefined);
  assert.equal(latest("2026-01-01T00:00:00Z", "2026-01-01T00:10:00Z"), at("2026-01-01T00:10:00Z"));
});

test("what is no schedule is refused", () => {
  for (const text of [
    "",
    "* * * *",
    "60 * * * *",
    "* 24 * * *",
    "* * 0 * *",
    "*/0 * * * *",
    "a * * * *",
    "9-3 * * * *",
  ])
    assert.equal(parseCron(text), undefined, text);
});

test("what has too few or too many fields, or a field out of range, is no schedule", () => {
  for (const text of [
    "",
    "* * * *",
    "* * * * * *",
    "60 * * * *",
    "* 24 * * *",
    "* * 0 * *",
    "* * * 13 *",
    "* * * * 7",
    "a * * * *",
  ])
    assert.equal(parseCron(text), undefined, text);
});
