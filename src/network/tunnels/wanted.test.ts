import assert from "node:assert/strict";
import { test } from "node:test";
import { wantedPorts } from "./wanted.ts";

const SERVER = { mode: "server", listenPort: 51_840, endpoint: undefined, ports: [] } as const;
const CLIENT = {
  mode: "client",
  listenPort: 51_840,
  endpoint: { addresses: ["192.0.2.1"], port: 30_571 },
  ports: [30_571, 30_572],
} as const;

for (const [what, endpoint, own, wanted] of [
  ["a server without its object has one tunnel", undefined, SERVER, [51_840]],
  ["so it has with one port", { port: 51_840 }, SERVER, [51_840]],
  ["several ports are several tunnels", { ports: [51_840, 51_841, 7] }, SERVER, [51_840, 51_841, 7]],
  ["the first is as the flags have it", { ports: [9, 51_841] }, SERVER, [51_840, 51_841]],
  ["no port counts twice", { ports: [9, 51_840, 7, 7] }, SERVER, [51_840, 7]],
  ["a client without its object has what its flags say", undefined, CLIENT, [30_571, 30_572]],
  ["an object with one port has the last word", { port: 30_571 }, CLIENT, [30_571]],
  ["a client's ports are those it dials", { ports: [30_571, 30_580] }, CLIENT, [30_571, 30_580]],
] as const)
  test(what, () => assert.deepEqual(wantedPorts(endpoint, own), wanted));
