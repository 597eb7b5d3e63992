/** What runs in the test's pods, by Node: the image is that of Liqo, which every node can get already. */
import { PORT } from "./names.ts";

/** PID 1 has no default for signals. */
const END = 'process.on("SIGTERM", () => process.exit(0));';

/** Answers every request with the pod's name. */
export const SERVER = `${END}
require("node:http").createServer((_, response) => response.end(require("node:os").hostname() + "\\n")).listen(${PORT});`;

/** Waits until it is ended. */
export const IDLE = `${END} setInterval(() => undefined, 60000);`;

/** At most so long for one try. */
const TRY_MS = 5_000;
const BETWEEN_MS = 1_000;

/**
 * Asks each URL of its arguments, all at a time and each up to `tries` times (the first argument): `http:` by a HEAD request, of
 * which 200 and 301 are good, `tcp:` by a connection. Prints JSON: an array of what went wrong, null where nothing did.
 */
export const PROBE = `
const http = require("node:http"), net = require("node:net");
const [tries, ...urls] = process.argv.slice(1);
const GOOD = [200, 301];
const once = (text) => new Promise((resolve) => {
  const url = new URL(text);
  if (url.protocol === "tcp:") {
    const socket = net.connect(Number(url.port), url.hostname, () => { socket.destroy(); resolve(null); });
    socket.setTimeout(${TRY_MS}, () => socket.destroy(new Error("timed out")));
    socket.on("error", (error) => resolve(error.message || error.code));
    return;
  }
  const request = http.request(url, { method: "HEAD", agent: false, timeout: ${TRY_MS} }, (response) => {
    response.resume();
    resolve(GOOD.includes(response.statusCode) ? null : "status " + response.statusCode);
  });
  request.on("timeout", () => request.destroy(new Error("timed out")));
  request.on("error", (error) => resolve(error.message || error.code));
  request.end();
});
const several = async (url) => {
  for (let i = 1; ; i++) {
    const error = await once(url);
    if (error === null || i >= Number(tries)) return error;
    await new Promise((resolve) => setTimeout(resolve, ${BETWEEN_MS}));
  }
};
Promise.all(urls.map(several)).then((errors) => process.stdout.write(JSON.stringify(errors)));`;
