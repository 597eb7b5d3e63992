import assert from "node:assert/strict";
import { test } from "node:test";
import type { Service } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import { staleEntries } from "./conntrack.ts";
import { announcedAddresses, electNode } from "./load-balancer.ts";
import { TABLE } from "./ruleset.ts";
import { serviceRules } from "./state.ts";
import { here, leaving, service, slice, there, units } from "./testing/objects.ts";
import { transaction } from "./transaction.ts";

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
  assert.equal(transaction(TABLE, one, units([service({})], [slice([here])])), "");
  const text = transaction(TABLE, one, units([service({})], [slice([here, there])]));
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
