import assert from "node:assert/strict";
import { test } from "node:test";
import { claimProblem, claimsProblem } from "./claim.ts";

for (const [cidr, problem] of [
  ["10.244.0.0/16", undefined],
  ["100.64.0.0/10", undefined],
  ["203.0.113.0/24", undefined],
  ["10.0.0.0/8", undefined],
  ["10.0.0.1/32", undefined],
  ["0.0.0.0/0", /too large/],
  ["0.0.0.0/8", /overlaps 0\.0\.0\.0\/8/],
  ["10.0.0.0/7", /too large: at most \/8/],
  ["127.0.0.0/8", /overlaps 127\.0\.0\.0\/8/],
  ["127.0.0.53/32", /overlaps 127\.0\.0\.0\/8/],
  ["169.254.169.254/32", /overlaps 169\.254\.0\.0\/16/],
  ["169.0.0.0/8", /overlaps 169\.254\.0\.0\/16/],
  ["239.1.0.0/16", /overlaps 224\.0\.0\.0\/4/],
  ["255.255.255.255/32", /overlaps 240\.0\.0\.0\/4/],
  ["fd00::/64", /is not an IPv4 CIDR/],
  ["10.244.0.0", /is not an IPv4 CIDR/],
  ["10.244.0.0/33", /is not an IPv4 CIDR/],
] as const) {
  test(`a peer's claim of ${cidr} is ${problem === undefined ? "possible" : "refused"}`, () => {
    if (problem === undefined) assert.equal(claimProblem(cidr), undefined);
    else assert.match(claimProblem(cidr) ?? "", problem);
  });
}

test("not all of them, if there are too many or one is impossible", () => {
  const many = Array.from({ length: 17 }, (_, i) => `10.${i}.0.0/16`);
  assert.equal(claimsProblem("pod", many.slice(1)), undefined);
  assert.match(claimsProblem("pod", many) ?? "", /^17 pod CIDRs: at most 16 are allowed$/);
  assert.match(
    claimsProblem("external", ["10.0.0.0/16", "0.0.0.0/0"]) ?? "",
    /^external CIDR 0\.0\.0\.0\/0 is too large/,
  );
});
