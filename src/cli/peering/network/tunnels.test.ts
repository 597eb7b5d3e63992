import assert from "node:assert/strict";
import { test } from "node:test";
import { checkTunnels, serverPorts } from "./tunnels.ts";

for (const [what, tunnels, present, wanted] of [
  ["one tunnel, where nothing is said", undefined, undefined, [51_840]],
  ["as many as there are, where nothing is said", undefined, { ports: [51_840, 51_850] }, [51_840, 51_850]],
  ["more follow upon the first", 3, { port: 51_840 }, [51_840, 51_841, 51_842]],
  ["those that stay keep their ports", 3, { ports: [51_840, 51_842] }, [51_840, 51_842, 51_841]],
  ["the last ones go first", 1, { ports: [51_840, 51_841] }, [51_840]],
] as const)
  test(what, () => assert.deepEqual(serverPorts(51_840, tunnels, present), wanted));

for (const [tunnels, first] of [
  [0, 51_840],
  [65, 51_840],
  [3, 65_534],
] as const)
  test(`${tunnels} tunnels from port ${first} on are refused`, () => {
    assert.throws(() => checkTunnels(tunnels, first), {
      name: "CliError",
      message: /--gw-tunnels \d+: must be from 1/,
    });
  });

test("64 are not", () => checkTunnels(64, 51_840));
