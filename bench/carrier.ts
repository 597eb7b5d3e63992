/**
 * What does the tunnel over TCP cost, beside the same by UDP: throughput and round trips between pods of two clusters, in one
 * run. `node bench/carrier.ts` makes the clusters, as root.
 */
import assert from "node:assert/strict";
import { CARRIER } from "#api/annotations.ts";
import type { Connection } from "#api/networking/connection.ts";
import { machineOf } from "#engines/choose.ts";
import { between } from "#engines/link-faults.ts";
import { startPeered } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { printFigures } from "./figures.ts";
import { addressOf, createPod, type End, measure } from "./tunnel.ts";

const NAMESPACE = "bench";

await using clusters = await startPeered(
  { workers: 1 },
  "--set",
  "networking.gatewayTemplates.server.tcpCarrier.enabled=true",
);
const { kubectl, engine } = clusters;
await kubectl("milan", "create", "namespace", NAMESPACE);
await clusters.liqoctl("offload", "namespace", NAMESPACE, "--context", "milan");
await createPod(kubectl, NAMESPACE, "near", "worker-node-1");
await createPod(kubectl, NAMESPACE, "far", "liqo-rome");
const [near, far] = ["near", "far"].map((pod): End => ({ cluster: "milan", namespace: NAMESPACE, pod })) as [End, End];
const address = await addressOf(kubectl, NAMESPACE, "far");
// A machine that is busy is not quick enough each time.
const patiently = () => eventually("a measurement", () => measure(engine.env, far, near, address), 120_000);
const byUdp = await patiently();
await machineOf(engine).setLinkFaults(between("milan", "rome", "tunnel"));
await eventually("the tunnel is carried over TCP", async () => {
  const { metadata } = await clusters.get<Connection>("milan", "connection", "gw-rome", "-n", "liqo-tenant-rome");
  assert.match(metadata?.annotations?.[CARRIER] ?? "", /^TCP /);
});
const overTcp = await patiently();
const reference = (value: number) => ({ name: "by UDP", value });
printFigures("The tunnel over TCP", [
  { name: "TCP, pods of two clusters", value: overTcp.mbits, unit: "Mbit/s", reference: reference(byUdp.mbits) },
  { name: "round trip, pods of two clusters", value: overTcp.ms, unit: "ms", reference: reference(byUdp.ms) },
]);
