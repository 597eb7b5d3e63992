/**
 * Run in a pod's namespace. `serve <port>`: answers TCP and UDP with "<address of the client> <what it said>".
 * `tcp|udp <address> <port> <text>`: says it, prints the answer and ends.
 */
import { createSocket } from "node:dgram";
import { connect, createServer } from "node:net";

const [verb = "", ...rest] = process.argv.slice(2);
const RETRY_MS = 200;

if (verb === "serve") {
  const [port = ""] = rest;
  const udp = createSocket("udp4", (message, from) => udp.send(`${from.address} ${message}`, from.port, from.address));
  udp.bind(Number(port));
  createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.on("data", (text) => socket.end(`${socket.remoteAddress?.replace("::ffff:", "")} ${text}`));
  }).listen(Number(port), () => process.stdout.write("listening\n"));
} else {
  const [address = "", port = "", text = ""] = rest;
  const answered = (answer: Buffer): void => {
    process.stdout.write(answer);
    process.exit(0);
  };
  if (verb === "tcp")
    connect(Number(port), address, () => undefined)
      .on("data", answered)
      .write(text);
  else {
    const udp = createSocket("udp4", answered);
    const say = (): void => udp.send(text, Number(port), address);
    setInterval(say, RETRY_MS);
    say();
  }
}
