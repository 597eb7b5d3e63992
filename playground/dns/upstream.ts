/** Asks other name servers about names that are not the cluster's. */
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { messageOf } from "#base/errors.ts";

export interface Upstream {
  readonly address: string;
  readonly port: number;
}

const TIMEOUT_MS = 2_000;

/** The raw answer of the first server that gives one; undefined when none does. */
export async function forward(
  query: Buffer,
  upstreams: readonly Upstream[],
  overTcp: boolean,
): Promise<Buffer | undefined> {
  for (const upstream of upstreams) {
    const answer = await (overTcp ? askTcp(query, upstream) : askUdp(query, upstream));
    if (answer instanceof Buffer) return answer;
  }
  return undefined;
}

/** A string is the reason why there is no answer. */
function askUdp(query: Buffer, { address, port }: Upstream): Promise<Buffer | string> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    const finish = (result: Buffer | string): void => {
      clearTimeout(timer);
      socket.close();
      resolve(result);
    };
    // biome-ignore lint/plugin: the socket's deadline, by the machine
    const timer = setTimeout(() => finish("timeout"), TIMEOUT_MS);
    socket.on("error", (error) => finish(messageOf(error)));
    socket.on("message", (answer) => {
      // Anybody may send to the port: only the answer to our id counts.
      if (answer.length >= 12 && answer.readUInt16BE(0) === query.readUInt16BE(0)) finish(answer);
    });
    socket.connect(port, address, () => socket.send(query));
  });
}

function askTcp(query: Buffer, { address, port }: Upstream): Promise<Buffer | string> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: TIMEOUT_MS });
    let received = Buffer.alloc(0);
    const finish = (result: Buffer | string): void => {
      socket.destroy();
      resolve(result);
    };
    socket.on("connect", () => socket.write(frame(query)));
    socket.on("timeout", () => finish("timeout"));
    socket.on("error", (error) => finish(messageOf(error)));
    socket.on("close", () => finish("closed"));
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0))
        finish(received.subarray(2, 2 + received.readUInt16BE(0)));
    });
  });
}

/** Over TCP a message follows its length. RFC 1035 §4.2.2 */
export function frame(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}
