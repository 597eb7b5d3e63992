import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import type { Service } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import { staleEntries } from "./conntrack.ts";
import { announcedAddresses, electNode } from "./load-balancer.ts";
import { baseRuleset, type RulesetOptions, type ServiceUnit, serviceUnit } from "./ruleset.ts";
import { serviceRules } from "./state.ts";
import { transaction } from "./transaction.ts";

const root = process.getuid?.() === 0;
const options: RulesetOptions = { podCidr: "10.244.0.0/16", nodeAddresses: ["198.18.1.10"] };

function service(spec: Service["spec"], status: Service["status"] = {}): Service {
  const metadata = { namespace: "shop", name: "cart" };
  return { metadata, spec: { clusterIP: "10.96.0.20", ports: [{ port: 80, protocol: "TCP" }], ...spec }, status };
}

function slice(endpoints: EndpointSlice["endpoints"], protocol = "TCP"): EndpointSlice {
  return {
    metadata: { namespace: "shop", name: "cart-1", labels: { "kubernetes.io/service-name": "cart" } },
    addressType: "IPv4",
    ports: [{ name: "", port: 8080, protocol }],
    endpoints,
  };
}

const here = { addresses: ["10.244.0.5"], nodeName: "n1", conditions: { ready: true } };
const there = { addresses: ["10.244.1.5"], nodeName: "n2", conditions: { ready: true } };
const leaving = {
  addresses: ["10.244.1.9"],
  nodeName: "n2",
  conditions: { ready: false, serving: true, terminating: true },
};

function units(services: Service[], slices: EndpointSlice[]): Map<string, ServiceUnit> {
  return new Map(serviceRules(services, slices, "n1").map((rules) => [rules.key, serviceUnit(rules, options)]));
}

test("ready endpoints are used, terminating ones only when no other is left", () => {
  const ips = (endpoints: EndpointSlice["endpoints"]): string[] =>
    serviceRules([service({})], [slice(endpoints)], "n1").flatMap((rules) => rules.internal.map(({ ip }) => ip));
  assert.deepEqual(ips([here, leaving]), ["10.244.0.5"]);
  assert.deepEqual(ips([leaving]), ["10.244.1.9"]);
  assert.deepEqual(ips([]), []);
});

test("traffic policies decide per node", () => {
  const rules = (spec: Service["spec"], endpoints = [there]) =>
    serviceRules([service(spec)], [slice(endpoints)], "n1")[0];
  assert.deepEqual(rules({ internalTrafficPolicy: "Local" })?.internal, []);
  assert.equal(rules({ type: "NodePort", externalTrafficPolicy: "Local" })?.external, "drop");
  assert.equal(rules({ type: "NodePort", externalTrafficPolicy: "Local" }, [])?.external.length, 0);
  assert.equal(rules({ type: "NodePort" })?.external.length, 1);
});

test("headless and ExternalName Services have no rules", () => {
  assert.deepEqual(serviceRules([service({ clusterIP: "None" })], [slice([here])], "n1"), []);
  assert.deepEqual(serviceRules([service({ type: "ExternalName", externalName: "x" })], [], "n1"), []);
});

test("whoever is no pod of the cluster is masqueraded when it uses a cluster IP", () => {
  const [unit] = units([service({})], [slice([here])]).values();
  const [, target = ""] = unit?.elements.get("service-ips")?.[0]?.split(" : goto ") ?? [];
  assert.equal(unit?.chains.get(target)?.[0], "ip saddr != 10.244.0.0/16 jump mark-for-masquerade");
});

test("an unchanged Service is not touched, a new endpoint changes only its own chains", () => {
  const one = units([service({})], [slice([here])]);
  assert.equal(transaction(one, units([service({})], [slice([here])])), "");
  const text = transaction(one, units([service({})], [slice([here, there])]));
  assert.match(text, /dnat to 10\.244\.1\.5:8080/);
  assert.doesNotMatch(text, /dnat to 10\.244\.0\.5/, "the chain of the old endpoint stays as it is");
  assert.doesNotMatch(text, /element/, "the map still leads to the same chain");
});

test("UDP entries to an endpoint that left are deleted", () => {
  const udp = service({ ports: [{ port: 53, protocol: "UDP" }] });
  const before = serviceRules([udp], [slice([here, there], "UDP")], "n1");
  const after = serviceRules([udp], [slice([here], "UDP")], "n1");
  assert.deepEqual(staleEntries(before, after)[0], [
    "-D",
    "-p",
    "udp",
    "--orig-dst",
    "10.96.0.20",
    "--reply-src",
    "10.244.1.5",
  ]);
  assert.deepEqual(staleEntries(after, after), []);
});

test("exactly one ready node answers for a load balancer address, one with an endpoint when the policy is Local", () => {
  const node = (name: string, status: string) => ({
    metadata: { name },
    status: { conditions: [{ type: "Ready", status }] },
  });
  const nodes = [node("n1", "True"), node("n2", "True"), node("n3", "False")];
  const ingress = { loadBalancer: { ingress: [{ ip: "198.18.1.200" }] } };
  const any = service({ type: "LoadBalancer" }, ingress);
  const local = service({ type: "LoadBalancer", externalTrafficPolicy: "Local" }, ingress);
  const who = (s: Service) =>
    ["n1", "n2", "n3"].filter(
      (nodeName) => announcedAddresses({ services: [s], slices: [slice([there])], nodes, nodeName }).length > 0,
    );
  assert.deepEqual(who(any), [electNode("198.18.1.200", ["n1", "n2"])]);
  assert.deepEqual(who(local), ["n2"]);
});

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
    inside(["nft", "-f", "-"], baseRuleset(options) + transaction(new Map(), served));
    inside(["sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 10; do busybox nc 10.244.0.5 8080 && break; sleep 0.1; done"]);
    const ask = (ip: string, port: number): string =>
      inside(["busybox", "timeout", "3", "busybox", "nc", ip, String(port)]);
    assert.equal(ask("10.96.0.20", 80), "hello\n");
    assert.equal(ask("198.18.1.10", 30080), "hello\n");
    const unserved = units([service(full)], [slice([])]);
    inside(["nft", "-f", "-"], transaction(served, unserved));
    assert.throws(() => ask("10.96.0.20", 80), /refused/);
    inside(["nft", "-f", "-"], transaction(unserved, units([service(full)], [slice([here, there])])));
    inside(["nft", "-f", "-"], transaction(units([service(full)], [slice([here, there])]), new Map()));
    assert.doesNotMatch(inside(["nft", "list", "table", "ip", "kube-proxy"]), /dnat to/);
  } finally {
    server.kill("SIGKILL");
    await once(server, "close");
    execFileSync("ip", ["netns", "delete", netns]);
  }
});
