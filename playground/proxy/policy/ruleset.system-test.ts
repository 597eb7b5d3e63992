/** The rules in a kernel: three pods on a router, as a node has them. */
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import type { NetworkPolicy } from "kubernetes-types/networking/v1";
import { transaction } from "../transaction.ts";
import { planPolicies } from "./plan.ts";
import { BASE, NO_TABLE, ruleUnits, TABLE } from "./ruleset.ts";
import { other, podAt, policyOf, shop } from "./testing/objects.ts";

const root = process.getuid?.() === 0;
const IPS = { front: "10.9.0.2", back: "10.9.1.2", foreign: "10.9.2.2" };
type Name = keyof typeof IPS;

test("the kernel lets through what policies allow, in both directions, and answers", { skip: !root }, async () => {
  const prefix = `pol-${process.pid}-${Math.floor(Math.random() * 1e5)}`;
  const inside = (name: string, argv: string[], input = ""): string =>
    execFileSync("nsenter", [`--net=/var/run/netns/${prefix}-${name}`, ...argv], {
      input,
      encoding: "utf8",
      stdio: ["pipe", "pipe", "pipe"],
    });
  const names = Object.keys(IPS) as Name[];
  for (const name of ["node", ...names]) execFileSync("ip", ["netns", "add", `${prefix}-${name}`]);
  inside("node", ["sysctl", "-qw", "net.ipv4.ip_forward=1"]);
  const servers: ChildProcess[] = [];
  for (const [i, name] of names.entries()) {
    inside("node", [
      "ip",
      "link",
      "add",
      `v${i}`,
      "type",
      "veth",
      "peer",
      "name",
      "eth0",
      "netns",
      `${prefix}-${name}`,
    ]);
    inside("node", ["ip", "-batch", "-"], `addr add 10.9.${i}.1/24 dev v${i}\nlink set v${i} up\n`);
    inside(
      name,
      ["ip", "-batch", "-"],
      `link set lo up\naddr add ${IPS[name]}/24 dev eth0\nlink set eth0 up\nroute add default via 10.9.${i}.1\n`,
    );
    const argv = ["busybox", "nc", "-ll", "-p", "8080", "-e", "busybox", "echo", name];
    servers.push(spawn("nsenter", [`--net=/var/run/netns/${prefix}-${name}`, ...argv]));
  }
  const ask = (from: string, to: Name): string => {
    try {
      return inside(from, ["busybox", "timeout", "1", "busybox", "nc", IPS[to], "8080"]).trim();
    } catch {
      return "";
    }
  };
  const pods = names.map((name) => podAt(IPS[name], name, { namespace: name === "foreign" ? "other" : "shop" }));
  const planned = (...policies: NetworkPolicy[]) =>
    ruleUnits(planPolicies({ policies, pods, namespaces: [shop, other], nodeName: "n1" }));
  try {
    for (let i = 0; i < 30 && names.some((name) => ask("node", name) !== name); i++) inside("node", ["sleep", "0.1"]);
    const deny = policyOf({ policyTypes: ["Ingress", "Egress"] }, "deny");
    const denied = planned(deny);
    inside("node", ["nft", "-f", "-"], BASE + transaction(TABLE, new Map(), denied));
    assert.deepEqual([ask("front", "back"), ask("foreign", "back"), ask("front", "foreign")], ["", "", ""]);
    assert.equal(ask("node", "back"), "back", "a node reaches its pods");
    const allow = [
      policyOf({
        podSelector: { matchLabels: { app: "back" } },
        ingress: [
          { from: [{ podSelector: { matchLabels: { app: "front" } } }], ports: [{ port: "http", protocol: "TCP" }] },
          {
            from: [{ ipBlock: { cidr: "10.9.2.0/24", except: ["10.9.2.2/32"] } }],
            ports: [{ port: 1, endPort: 65_535 }],
          },
        ],
      }),
      policyOf(
        {
          policyTypes: ["Egress"],
          podSelector: { matchLabels: { app: "front" } },
          egress: [{ to: [{ podSelector: {} }] }],
        },
        "out",
      ),
    ];
    const allowed = planned(deny, ...allow);
    inside("node", ["nft", "-f", "-"], transaction(TABLE, denied, allowed));
    assert.deepEqual([ask("front", "back"), ask("foreign", "back"), ask("back", "front")], ["back", "", ""]);
    assert.equal(ask("front", "foreign"), "", "the other side of a policy is not open by itself");
    inside("node", ["nft", "-f", "-"], transaction(TABLE, allowed, denied));
    assert.equal(ask("front", "back"), "");
    inside("node", ["nft", "-f", "-"], NO_TABLE);
    assert.deepEqual([ask("front", "back"), ask("foreign", "back")], ["back", "back"]);
    assert.doesNotMatch(inside("node", ["nft", "list", "tables"]), /network-policy/);
  } finally {
    for (const server of servers) {
      server.kill("SIGKILL");
      await once(server, "close");
    }
    for (const name of ["node", ...names]) execFileSync("ip", ["netns", "delete", `${prefix}-${name}`]);
  }
});
