import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServicePort } from "kubernetes-types/core/v1";
import { withFurtherPorts } from "./ports.ts";

const OWN: ServicePort = { port: 51_840, protocol: "UDP" };
const TCP: ServicePort = { port: 443, protocol: "TCP", name: "tcp-carrier" };
const FURTHER: ServicePort = { port: 51_841, targetPort: 51_841, protocol: "UDP", name: "wireguard-1" };

for (const [what, given, ports, nodePorts, wanted] of [
  ["one tunnel needs nothing else", [OWN], [51_840], [], [OWN]],
  ["nor does a gateway without ports", [OWN], [], [], [OWN]],
  ["each further one has a port", [OWN], [51_840, 51_841], [], [{ ...OWN, name: "wireguard" }, FURTHER]],
  [
    "beside what the template has",
    [{ ...OWN, name: "tunnel" }, TCP],
    [51_840, 51_841],
    [],
    [{ ...OWN, name: "tunnel" }, TCP, { ...FURTHER, name: "tunnel-1" }],
  ],
  [
    "and the node port that is wanted for it",
    [OWN],
    [51_840, 51_841, 51_842],
    [30_000, 30_001],
    [
      { ...OWN, name: "wireguard" },
      { ...FURTHER, nodePort: 30_001 },
      { ...FURTHER, port: 51_842, targetPort: 51_842, name: "wireguard-2" },
    ],
  ],
  ["a template that lists several is left alone", [OWN, FURTHER], [51_840, 51_841], [], [OWN, FURTHER]],
  ["so is one without UDP", [TCP], [51_840, 51_841], [], [TCP]],
] as readonly (readonly [string, ServicePort[], number[], number[], ServicePort[]])[])
  test(what, () => assert.deepEqual(withFurtherPorts({ ports: given }, ports, nodePorts).ports, wanted));
