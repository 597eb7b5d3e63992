/**
 * Run in a network namespace: a loopback port there that leads, through a Unix socket, to the API server of the test.
 * argv: port, socket path. Prints one line when it listens.
 */
import { connect, createServer } from "node:net";

const [port = "", path = ""] = process.argv.slice(2);
createServer((inner) => {
  const outer = connect(path);
  inner.pipe(outer).pipe(inner);
  for (const end of [inner, outer]) {
    end.on("error", () => {
      inner.destroy();
      outer.destroy();
    });
  }
}).listen(Number(port), "127.0.0.1", () => process.stdout.write("listening\n"));
