/** A meter of TCP: what goes through in a few seconds, and round trips. Node.js at both ends, the same wherever it measures. */
import { eventually } from "#kit/eventually.ts";

export interface Measured {
  readonly mbits: number;
  readonly ms: number;
}

/** Runs node with these arguments at one end; resolves to what it printed. */
export type Inside = (...args: readonly string[]) => Promise<string>;

const PORT = 5_201;
const WINDOW_MS = 4_000;
const ROUND_TRIPS = 500;
const PATIENCE_MS = 60_000;
/** By the first byte of a connection: 0 is counted for a while, 1 is echoed, 2 ends the server, 3 asks for what was counted. */
const SERVER = `
let firstMs, bytes = 0;
const count = (chunk) => {
  firstMs ??= performance.now();
  if (performance.now() - firstMs < ${WINDOW_MS}) bytes += chunk.length;
};
require("node:net").createServer((socket) => {
  socket.setNoDelay(true).on("error", () => {}).once("data", (first) => {
    if (first[0] === 2) process.exit(0);
    if (first[0] === 3) return void socket.end(String((bytes * 8) / 1e3 / ${WINDOW_MS}));
    if (first[0] === 1) return void (socket.write(first), socket.pipe(socket));
    count(first);
    socket.on("data", count);
  });
}).listen(${PORT});
setTimeout(() => process.exit(0), ${2 * PATIENCE_MS});`;
/** Arguments: address, number of connections at once. Prints Mbit/s of all together and the median round trip in ms. */
const CLIENT = `
import { connect } from "node:net";
const [, host, flows] = process.argv;
const chunk = Buffer.alloc(1 << 18);
const fail = (error) => { console.error(String(error)); process.exit(1); };
const open = () => connect({ port: ${PORT}, host, noDelay: true }).on("error", fail);
const connected = () => new Promise((resolve) => {
  const socket = open();
  socket.once("connect", () => resolve(socket));
});
function flow(socket) {
  const write = () => { while (!socket.destroyed && socket.write(chunk)); };
  socket.on("drain", write);
  write();
  setTimeout(() => socket.destroy(), ${WINDOW_MS + 500});
}
function counted() {
  return new Promise((resolve) => {
    const socket = open();
    socket.write(Buffer.of(3));
    socket.on("data", (text) => resolve(String(text)));
  });
}
function roundTrips() {
  return new Promise((resolve) => {
    const socket = open();
    const times = [];
    let sentAt;
    const send = () => { sentAt = performance.now(); socket.write(Buffer.of(1)); };
    socket.on("connect", send).on("data", () => {
      times.push(performance.now() - sentAt);
      if (times.length < ${ROUND_TRIPS}) return send();
      socket.destroy();
      resolve(times.sort((a, b) => a - b)[times.length >> 1]);
    });
  });
}
// All of them before the first byte: how many segments the kernel hands over at once follows from the round trip of the
// handshake, which among others' traffic is many times as long (Linux: tcp_tso_rtt_log).
const sockets = [];
while (sockets.length < Number(flows)) sockets.push(await connected());
for (const socket of sockets) flow(socket);
setTimeout(async () => {
  console.log((await counted()) + " " + (await roundTrips()));
  connect({ port: ${PORT}, host }).on("error", () => {}).end(Buffer.of(2));
}, ${WINDOW_MS + 600});`;

/** `address`: of the server. */
export async function measureBetween(server: Inside, client: Inside, address: string, flows = 1): Promise<Measured> {
  // Ends by itself, so that a broken run leaves nothing that listens.
  const serving = server("-e", SERVER);
  const line = await eventually(
    "the other end answers",
    () => client("--input-type=module", "-e", CLIENT, address, String(flows)),
    PATIENCE_MS,
  );
  await serving;
  const [mbits, ms] = line.trim().split(" ").map(Number);
  if (mbits === undefined || ms === undefined) throw new Error(`measured nothing: "${line}"`);
  return { mbits, ms };
}
