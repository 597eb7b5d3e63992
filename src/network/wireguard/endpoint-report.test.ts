import assert from "node:assert/strict";
import { test } from "node:test";
import { EndpointReport } from "./endpoint-report.ts";

test("each address that does not answer is told once, and the one that does then", () => {
  const told: string[] = [];
  const say = (reason: string, message: string): void =>
    void told.push(`${reason} ${/\S+:\d+\/UDP/.exec(message)?.[0]}`);
  const report = new EndpointReport({ normal: say, warning: say });
  report.answered("192.0.2.1:51840");
  assert.deepEqual(told, []);
  for (let i = 0; i < 3; i++) for (const ip of ["192.0.2.1", "192.0.2.2"]) report.unanswered(`${ip}:51840`);
  assert.equal(report.problem, "no answer from the gateway server at 192.0.2.1:51840/UDP, 192.0.2.2:51840/UDP");
  report.answered("192.0.2.3:51840");
  report.answered("192.0.2.3:51840");
  assert.equal(report.problem, undefined);
  report.unanswered("192.0.2.3:51840");
  assert.deepEqual(told, [
    "EndpointUnanswered 192.0.2.1:51840/UDP",
    "EndpointUnanswered 192.0.2.2:51840/UDP",
    "EndpointAnswered 192.0.2.3:51840/UDP",
    "EndpointUnanswered 192.0.2.3:51840/UDP",
  ]);
});

test("a server speaks to no address of its choice", () => {
  const report = new EndpointReport({ normal: () => assert.fail("told"), warning: () => assert.fail("told") });
  report.unanswered(undefined);
  report.answered(undefined);
});
