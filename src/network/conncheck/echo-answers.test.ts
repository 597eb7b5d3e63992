import assert from "node:assert/strict";
import { test } from "node:test";
import { steppedClock } from "#kit/stepped-clock.ts";
import { EchoAnswers } from "./echo-answers.ts";
import { decodeMessage, encodeMessage, HEADER_BYTES } from "./message.ts";

const ECHO = { clusterID: "rome", msgType: "ECHO", timeStamp: "2030-01-01T00:00:00.000Z" } as const;

test("an answer is as long as what it answers, and says from where that came", () => {
  for (const bytes of [256, 1_340]) {
    const echo = encodeMessage(ECHO, bytes);
    const answer = new EchoAnswers(steppedClock()).answerTo(ECHO, echo.length, "10.244.0.7");
    assert.equal(answer?.length, bytes - HEADER_BYTES);
    assert.deepEqual(decodeMessage(answer), { ...ECHO, msgType: "ECHOED", from: "10.244.0.7" });
  }
});

test("what would have to be longer is not given", () => {
  const echo = encodeMessage(ECHO);
  assert.equal(new EchoAnswers(steppedClock()).answerTo(ECHO, echo.length, "10.244.0.7"), undefined);
});

test("no more than 500 are given in a second, whoever asks", () => {
  const clock = steppedClock();
  const answers = new EchoAnswers(clock);
  const given = (): number => {
    let count = 0;
    for (let asked = 0; asked < 2_000; asked++) if (answers.answerTo(ECHO, 300, "10.244.0.7") !== undefined) count++;
    return count;
  };
  assert.equal(given(), 500);
  clock.step(999);
  assert.equal(given(), 0);
  clock.step(1);
  assert.equal(given(), 500);
});
