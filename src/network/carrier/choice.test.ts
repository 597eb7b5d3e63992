import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Choice, type Step } from "./choice.ts";

const ONE = { udpAddresses: 1, isConnected: true };
const SHUT = { udpAddresses: 1, isConnected: false };

/** What happens at which second, and what is done about it. */
type Line = readonly [seconds: number, event: "silent" | "shut" | "answered" | "open", step: Step | undefined];

function play(choice: Choice, lines: readonly Line[], udpAddresses = 1): void {
  for (const [seconds, event, step] of lines) {
    const nowMs = seconds * 1_000;
    const done =
      event === "silent"
        ? choice.silent(nowMs, { ...ONE, udpAddresses })
        : event === "shut"
          ? choice.silent(nowMs, { ...SHUT, udpAddresses })
          : event === "answered"
            ? choice.answered(nowMs)
            : choice.open(nowMs);
    assert.equal(done, step, `${event} at ${seconds} s`);
  }
}

const TO_TCP: readonly Line[] = [
  [1, "silent", "again"],
  [1.5, "silent", "again"],
  [2, "silent", "TCP"],
];

describe("which carrier", () => {
  test("UDP as long as it answers", () => {
    const choice = new Choice();
    play(choice, [
      [0, "answered", undefined],
      [1, "silent", "again"],
      [2, "answered", undefined],
      [3, "silent", "again"],
      [4, "answered", undefined],
    ]);
    assert.equal(choice.carrier, "UDP");
  });

  test("TCP after two tries, and after one for each address", () => {
    const choice = new Choice();
    play(choice, TO_TCP);
    assert.equal(choice.carrier, "TCP");
    const several = new Choice();
    play(
      several,
      [
        [1, "silent", "again"],
        [1.5, "silent", "again"],
        [2, "silent", "again"],
        [2.5, "silent", "TCP"],
      ],
      3,
    );
  });

  test("UDP as long as nobody takes TCP", () => {
    const tries = Array.from({ length: 50 }, (_, at): Line => [at / 2, "shut", "again"]);
    play(new Choice(), [...tries, [30, "silent", "TCP"]]);
  });

  test("TCP that is silent, too, gives UDP its turn, and that TCP", () => {
    const choice = new Choice();
    play(choice, [
      ...TO_TCP,
      [3, "silent", "again"],
      [3.5, "silent", "again"],
      [4, "silent", "again"],
      [4.5, "silent", "again"],
      [5, "silent", "UDP"],
      [5.5, "silent", "again"],
      [6, "silent", "TCP"],
    ]);
  });

  test("over TCP UDP is asked every ten seconds", () => {
    play(new Choice(), [
      ...TO_TCP,
      [2.4, "answered", undefined],
      [11, "answered", undefined],
      [12, "answered", "ask"],
      [12.4, "answered", undefined],
      [21, "answered", undefined],
      [22.1, "answered", "ask"],
    ]);
  });

  test("UDP that is open carries, and TCP is let go when it has for a while", () => {
    const choice = new Choice();
    play(choice, [...TO_TCP, [12, "answered", "ask"], [12.1, "open", undefined]]);
    assert.equal(choice.carrier, "UDP");
    assert.ok(choice.isTrial);
    play(choice, [
      [13, "answered", undefined],
      [17.1, "answered", "settle"],
      [18, "answered", undefined],
    ]);
    assert.ok(!choice.isTrial);
  });

  test("UDP that is shut again at once is left with the same session, and asked more seldom", () => {
    const choice = new Choice();
    play(choice, [...TO_TCP, [12, "answered", "ask"], [12.1, "open", undefined], [13.1, "silent", "resume"]]);
    assert.equal(choice.carrier, "TCP");
    play(choice, [
      [14, "answered", undefined],
      [33, "answered", undefined],
      [33.1, "answered", "ask"],
    ]);
  });

  test("UDP that never lasts is asked every five minutes at the least", () => {
    const choice = new Choice();
    play(choice, TO_TCP);
    let seconds = 2;
    const pauses: number[] = [];
    for (let round = 0; round < 8; round++) {
      const begun = seconds;
      while (choice.answered(seconds * 1_000) !== "ask") seconds++;
      pauses.push(seconds - begun);
      choice.open(seconds * 1_000);
      assert.equal(choice.silent((seconds + 1) * 1_000, ONE), "resume");
      seconds++;
    }
    assert.deepEqual(pauses, [10, 20, 40, 80, 160, 300, 300, 300]);
  });

  test("UDP that has lasted is asked as at first", () => {
    const choice = new Choice();
    play(choice, [
      ...TO_TCP,
      [12, "answered", "ask"],
      [12.1, "open", undefined],
      [13.1, "silent", "resume"],
      [33.1, "answered", "ask"],
      [33.2, "open", undefined],
      [39, "answered", "settle"],
      [100, "silent", "again"],
      [100.5, "silent", "again"],
      [101, "silent", "TCP"],
      [110.9, "answered", undefined],
      [111, "answered", "ask"],
    ]);
  });

  test("a way back that is gone is no way back", () => {
    const choice = new Choice();
    play(choice, [...TO_TCP, [12.1, "open", undefined], [13.1, "shut", "again"]]);
    assert.equal(choice.carrier, "UDP");
    assert.ok(!choice.isTrial);
  });
});
