import assert from "node:assert/strict";
import { test } from "node:test";
import { type Arbitrary, array, constant, constantFrom, integer, oneof, option, record, tuple } from "fast-check";
import type { Namespace, Pod } from "kubernetes-types/core/v1";
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from "kubernetes-types/networking/v1";
import { forAll, objects } from "#kit/properties.ts";
import type { LabelSelector } from "#machinery/selector.ts";
import { planPolicies } from "./plan.ts";
import { mayPass, type Packet } from "./testing/reference.ts";
import { passes } from "./testing/walk.ts";

const namespaces: Namespace[] = ["shop", "bank", "zoo"].map((name, i) => ({
  metadata: { name, labels: { "kubernetes.io/metadata.name": name, tier: i === 0 ? "a" : "b" } },
}));
const maybe = <T>(value: Arbitrary<T>): Arbitrary<T | undefined> => option(value, { nil: undefined });
/** Without the fields that are undefined, as JSON has it. */
const json = <T>(value: Arbitrary<T>): Arbitrary<T> => value.map((each) => JSON.parse(JSON.stringify(each)) as T);

const labels = record({ app: constantFrom("web", "db"), tier: constantFrom("a", "b") });
const selector: Arbitrary<LabelSelector> = oneof<Arbitrary<LabelSelector>[]>(
  constant({}),
  labels.map(({ app }) => ({ matchLabels: { app } })),
  labels.map(({ tier }) => ({ matchLabels: { tier } })),
  constant({ matchExpressions: [{ key: "app", operator: "NotIn", values: ["db"] }] }),
  constant({ matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "In", values: ["shop"] }] }),
);
const peer: Arbitrary<NetworkPolicyPeer> = json(
  oneof(
    record({ podSelector: selector }),
    record({ namespaceSelector: selector }),
    record({ podSelector: selector, namespaceSelector: selector }),
    record({
      ipBlock: record({
        cidr: constantFrom("0.0.0.0/0", "10.0.0.0/28", "10.0.0.8/29", "192.0.2.0/24"),
        except: array(constantFrom("10.0.0.0/30", "10.0.0.9/32", "192.0.2.128/25"), { maxLength: 2 }),
      }),
    }),
  ) as Arbitrary<NetworkPolicyPeer>,
);
const port: Arbitrary<NetworkPolicyPort> = json(
  oneof(
    record({ protocol: maybe(constantFrom("TCP", "UDP")) }),
    record({ protocol: maybe(constantFrom("TCP", "UDP")), port: constantFrom(80, 81) }),
    record({ port: constantFrom(80, 82), endPort: constant(83) }),
    record({ port: constantFrom("http", "dns"), protocol: maybe(constantFrom("TCP", "UDP")) }),
  ) as Arbitrary<NetworkPolicyPort>,
);
const peers = maybe(array(peer, { maxLength: 3 }));
const ports = maybe(array(port, { maxLength: 3 }));
const policy = (index: number): Arbitrary<NetworkPolicy> =>
  json(
    record({
      metadata: record({ name: constant(`p${index}`), namespace: constantFrom("shop", "bank") }),
      spec: record({
        podSelector: selector,
        policyTypes: constantFrom(["Ingress"], ["Egress"], ["Ingress", "Egress"]),
        ingress: maybe(array(record({ from: peers, ports }), { maxLength: 2 })),
        egress: maybe(array(record({ to: peers, ports }), { maxLength: 2 })),
      }),
    }),
  ) as unknown as Arbitrary<NetworkPolicy>;
const containerPorts = array(
  record({
    name: constantFrom("http", "dns"),
    containerPort: integer({ min: 80, max: 83 }),
    protocol: constantFrom("TCP", "UDP"),
  }),
  { maxLength: 2 },
);
const pod = (index: number): Arbitrary<Pod> =>
  record({
    metadata: record({ name: constant(`pod-${index}`), namespace: constantFrom("shop", "bank", "zoo"), labels }),
    spec: record({
      nodeName: constantFrom("n1", "n1", "n2"),
      hostNetwork: constantFrom(false, false, false, true),
      containers: containerPorts.map((own) => [{ name: "c", ports: own }]),
    }),
    status: record({ podIP: constant(`10.0.0.${index}`), phase: constantFrom("Running", "Running", "Failed") }),
  });
const indexed = <T>(make: (index: number) => Arbitrary<T>, from: number, to: number): Arbitrary<T[]> =>
  tuple(...Array.from({ length: to - from }, (_, i) => make(from + i)));
const address = oneof(
  integer({ min: 1, max: 9 }).map((last) => `10.0.0.${last}`),
  constantFrom("192.0.2.1", "192.0.2.200", "198.51.100.1"),
);
const packet: Arbitrary<Packet> = record({
  from: address,
  to: address,
  protocol: constantFrom("TCP", "UDP", "ICMP"),
  port: integer({ min: 80, max: 84 }),
});

test("whatever the policies, a node lets through for its pods what they mean, and nothing else", () => {
  forAll(
    objects({
      policies: indexed(policy, 0, 4),
      pods: indexed(pod, 1, 9),
      packets: array(packet, { minLength: 20, maxLength: 20 }),
    }),
    ({ policies, pods, packets }) => {
      const cluster = { policies, pods, namespaces };
      const plan = planPolicies({ ...cluster, nodeName: "n1" });
      const isHere = (ip: string): boolean =>
        pods.some(({ status, spec }) => status?.podIP === ip && spec?.nodeName === "n1");
      for (const each of packets) {
        if (isHere(each.from))
          assert.equal(passes(plan, each, "egress"), mayPass(cluster, each, "egress"), `out ${JSON.stringify(each)}`);
        if (isHere(each.to))
          assert.equal(passes(plan, each, "ingress"), mayPass(cluster, each, "ingress"), `in ${JSON.stringify(each)}`);
      }
    },
    600,
  );
});
