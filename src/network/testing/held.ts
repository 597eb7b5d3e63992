/**
 * Connections that are held, in a pod's namespace. `serve <port>`: answers what it hears, for as long as it is said.
 * `hold <address> <port> <number>`: opens so many, says a byte on each every 20 ms, and prints once in a while how long the
 * one that waited longest went without an answer. Ends with 1 as soon as one of them is lost.
 */
import { connect, createServer } from "node:net";

const [verb = "", ...rest] = process.argv.slice(2);
const SAY_MS = 20;
const TELL_MS = 100;

if (verb === "serve") {
  const [port = ""] = rest;
  createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => socket.destroy()).pipe(socket);
  }).listen(Number(port), () => process.stdout.write("listening\n"));
} else {
  const [address = "", port = "", number = ""] = rest;
  const heard = new Array<number>(Number(number)).fill(performance.now());
  let longest = 0;
  const note = (at: number): void => {
    longest = Math.max(longest, performance.now() - (heard[at] ?? 0));
  };
  const lost = (why: string): void => {
    process.stdout.write(`lost: ${why}\n`, () => process.exit(1));
  };
  for (const at of heard.keys()) {
    const socket = connect({ host: address, port: Number(port), noDelay: true });
    socket.on("error", (error) => lost(String(error))).on("close", () => lost("closed"));
    socket.on("data", () => {
      note(at);
      heard[at] = performance.now();
    });
    socket.on("connect", () => setInterval(() => socket.write("."), SAY_MS));
  }
  setInterval(() => {
    for (const at of heard.keys()) note(at);
    process.stdout.write(`${Math.round(longest)}\n`);
    longest = 0;
  }, TELL_MS);
}
