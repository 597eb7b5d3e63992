/** A gRPC client of another service: one kept connection, a deadline on every call. */
import { connect, type Socket } from "node:net";
import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { CalmSessionManager } from "./calm-session-manager.ts";

const DEADLINE_MS = 3_000;
// The first packet of a connection decides which pod it goes to, also when that pod ends at this moment and the pod's
// network does not say so: without a limit the kernel would go on asking for two minutes. gRPC in Go: 20 s.
const CONNECT_MS = 2_000;
// A Service address outlives the pod behind it: a dead connection must be noticed soon.
const PING_MS = 2_000;

/** `address` is host:port. */
export function connectTo<T extends DescService>(service: T, address: string): Client<T> {
  const baseUrl = `http://${address}`;
  const sessionManager = new CalmSessionManager(
    baseUrl,
    { pingIntervalMs: PING_MS, pingTimeoutMs: 1_000, idleConnectionTimeoutMs: 30_000 },
    { createConnection: (authority: URL) => connectWithin(authority, CONNECT_MS) },
  );
  const transport = createGrpcTransport({ baseUrl, defaultTimeoutMs: DEADLINE_MS, sessionManager });
  return createClient(service, transport);
}

function connectWithin({ hostname, port }: URL, timeoutMs: number): Socket {
  const socket = connect({ host: hostname, port: Number(port || 80) });
  const timer = setTimeout(
    () => socket.destroy(new Error(`connect to ${hostname}:${port}: no answer within ${timeoutMs} ms`)),
    timeoutMs,
  );
  for (const event of ["connect", "close"] as const) socket.once(event, () => clearTimeout(timer));
  return socket;
}
