/** The rules in a kernel. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import type { Service } from "kubernetes-types/core/v1";
import { baseRuleset, TABLE } from "./ruleset.ts";
import { here, options, service, slice, there, units } from "./testing/objects.ts";
import { transaction } from "./transaction.ts";

const root = process.getuid?.() === 0;

test("the kernel accepts the rules, balances, follows changes and refuses when nobody serves", {
  skip: !root,
}, async () => {
  const netns = `proxy-test-${process.pid}-${Math.floor(Math.random() * 1e6)}`;
  const inside = (argv: string[], input = ""): string =>
    execFileSync("nsenter", [`--net=/var/run/netns/${netns}`, ...argv], {
      input,
      encoding: "utf8",
      stdio: ["pipe", "pipe", "pipe"],
    });
  execFileSync("ip", ["netns", "add", netns]);
  inside(
    ["ip", "-batch", "-"],
    "link set lo up\naddr add 10.244.0.5/32 dev lo\naddr add 198.18.1.10/32 dev lo\nlink add a0 type veth peer name a1\nlink set a0 up\nlink set a1 up\naddr add 192.168.7.1/24 dev a0\nroute add default via 192.168.7.2\n",
  );
  const server = spawn("nsenter", [
    `--net=/var/run/netns/${netns}`,
    "busybox",
    "nc",
    "-ll",
    "-p",
    "8080",
    "-e",
    "busybox",
    "echo",
    "hello",
  ]);
  try {
    const full = {
      type: "LoadBalancer",
      sessionAffinity: "ClientIP",
      ports: [{ port: 80, protocol: "TCP", nodePort: 30080 }],
      externalIPs: ["203.0.113.7"],
    } satisfies Service["spec"];
    const served = units([service(full)], [slice([here])]);
    inside(["nft", "-f", "-"], baseRuleset(options) + transaction(TABLE, new Map(), served));
    inside(["sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 10; do busybox nc 10.244.0.5 8080 && break; sleep 0.1; done"]);
    const ask = (ip: string, port: number): string =>
      inside(["busybox", "timeout", "3", "busybox", "nc", ip, String(port)]);
    assert.equal(ask("10.96.0.20", 80), "hello\n");
    assert.equal(ask("198.18.1.10", 30080), "hello\n");
    const unserved = units([service(full)], [slice([])]);
    inside(["nft", "-f", "-"], transaction(TABLE, served, unserved));
    assert.throws(() => ask("10.96.0.20", 80), /refused/);
    inside(["nft", "-f", "-"], transaction(TABLE, unserved, units([service(full)], [slice([here, there])])));
    inside(["nft", "-f", "-"], transaction(TABLE, units([service(full)], [slice([here, there])]), new Map()));
    assert.doesNotMatch(inside(["nft", "list", "table", "ip", "kube-proxy"]), /dnat to/);
  } finally {
    server.kill("SIGKILL");
    await once(server, "close");
    execFileSync("ip", ["netns", "delete", netns]);
  }
});
