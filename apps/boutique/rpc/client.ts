/** A gRPC client of another service: one kept connection, a deadline on every call. */
import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";

const DEADLINE_MS = 3_000;
// A Service address outlives the pod behind it: a dead connection must be noticed soon.
const PING_MS = 2_000;

/** `address` is host:port. */
export function connectTo<T extends DescService>(service: T, address: string): Client<T> {
  const transport = createGrpcTransport({
    baseUrl: `http://${address}`,
    defaultTimeoutMs: DEADLINE_MS,
    pingIntervalMs: PING_MS,
    pingTimeoutMs: 1_000,
    idleConnectionTimeoutMs: 30_000,
  });
  return createClient(service, transport);
}
