import assert from "node:assert/strict";
import { test } from "node:test";
import { parseProxyOptions } from "./options.ts";

test("the flags are upstream's", () => {
  const args = [
    "--port=8118",
    "--force-host=kubernetes.default.svc:443",
    "--allowed-hosts=a:1,b:2",
    "--metrics-address=:8082",
  ];
  assert.deepEqual(parseProxyOptions(args), {
    port: 8118,
    forcedHost: { name: "kubernetes.default.svc", port: 443 },
    allowedHosts: ["a:1", "b:2"],
    healthPort: 8081,
    metricsPort: 8082,
    maxConnections: 1024,
  });
  const { port, metricsPort } = parseProxyOptions([]);
  assert.deepEqual([port, metricsPort], [8080, undefined]);
});

for (const [args, says] of [
  [["--force-host=kubernetes"], /--force-host "kubernetes": must be host:port/],
  [["--max-connections=0"], /--max-connections 0: must be at least 1/],
  [["--nosuch"], /unknown flag: --nosuch/],
] as const)
  test(`${args.join(" ")} is refused`, () => {
    assert.throws(() => parseProxyOptions(args), says);
  });
