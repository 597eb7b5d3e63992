/**
 * A proxy that knows CONNECT alone: the way to this cluster's API server for peers that reach it through the network between
 * the clusters only. It has no rights itself and sees what is encrypted for the server. Upstream: pkg/proxy, which says 200
 * before it dials
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, STATUS_CODES } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { type Host, parseHost } from "./host.ts";
import { joinSockets } from "./tunnel.ts";

// As upstream.
const DIAL_TIMEOUT_MS = 30_000;
const HEADERS_TIMEOUT_MS = 10_000;
// Whoever has not asked yet, and who is told that there are too many.
const SPARE_CONNECTIONS = 64;
const MOST_HEADER_BYTES = 8 * 1024;

export interface ConnectProxyOptions {
  /** 0: any. */
  readonly port: number;
  readonly forcedHost: Host | undefined;
  readonly allowedHosts: readonly string[];
  readonly maxConnections: number;
  /** Default 30 s. */
  readonly dialTimeoutMs?: number;
}

export interface ConnectProxy extends AsyncDisposable {
  readonly port: number;
  /** Tunnels that are open, or being dialled. */
  readonly tunnels: number;
}

export async function startConnectProxy(ctx: Context, options: ConnectProxyOptions): Promise<ConnectProxy> {
  const clients = new Set<Socket>();
  const tunnels = new Set<Socket>();
  const server = createServer(
    { maxHeaderSize: MOST_HEADER_BYTES, headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: 5_000 },
    (request, response) => {
      ctx.log.info("refused", { client: request.socket.remoteAddress, method: request.method, status: 405 });
      response.writeHead(405, { Allow: "CONNECT", Connection: "close" }).end();
    },
  );
  server.maxConnections = options.maxConnections + SPARE_CONNECTIONS;
  server.on("connection", (client: Socket) => {
    clients.add(client);
    client.once("close", () => clients.delete(client));
  });
  server.on("connect", (request: IncomingMessage, client: Socket, head: Buffer) => {
    client.on("error", () => client.destroy());
    const plan = planTunnel(request.url ?? "", tunnels.size, options);
    if (plan.do === "refuse") {
      ctx.log.info("refused", { client: client.remoteAddress, host: request.url, status: plan.status });
      return refuse(client, plan.status);
    }
    tunnels.add(client);
    client.once("close", () => tunnels.delete(client));
    dial(ctx, plan.to, { client, head, timeoutMs: options.dialTimeoutMs ?? DIAL_TIMEOUT_MS });
  });
  server.listen(options.port);
  await once(server, "listening");
  // A TCP server has an address.
  const { port } = server.address() as AddressInfo;
  return {
    port,
    get tunnels() {
      return tunnels.size;
    },
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close");
      server.close();
      // Once they have asked, the HTTP server does not count them as its own any more.
      for (const client of clients) client.destroy();
      await closed;
    },
  };
}

export type TunnelPlan =
  | { readonly do: "dial"; readonly to: Host }
  | { readonly do: "refuse"; readonly status: 400 | 403 | 503 };

/** What becomes of a CONNECT for `asked` while `open` tunnels are there. */
export function planTunnel(
  asked: string,
  open: number,
  { forcedHost, allowedHosts, maxConnections }: ConnectProxyOptions,
): TunnelPlan {
  const host = parseHost(asked);
  if (host === undefined) return { do: "refuse", status: 400 };
  if (open >= maxConnections) return { do: "refuse", status: 503 };
  // As upstream: what leads to one place in any case is asked for by any name.
  if (forcedHost !== undefined) return { do: "dial", to: forcedHost };
  const isAllowed = allowedHosts.length === 0 || allowedHosts.includes(asked);
  return isAllowed ? { do: "dial", to: host } : { do: "refuse", status: 403 };
}

interface Dialling {
  readonly client: Socket;
  /** What came behind the request. */
  readonly head: Buffer;
  readonly timeoutMs: number;
}

/** Answers when it is known how the dial ends. */
function dial(ctx: Context, { name: host, port }: Host, { client, head, timeoutMs }: Dialling): void {
  const server = connect({ host, port, allowHalfOpen: true, timeout: timeoutMs });
  const fail = (status: 502 | 504, error: unknown): void => {
    ctx.log.warn("the server was not reached", { host, port, status, error: messageOf(error) });
    server.destroy();
    refuse(client, status);
  };
  const failed = (error: Error): void => fail(502, error);
  const timedOut = (): void => fail(504, new Error(`no connection within ${timeoutMs / 1_000} s`));
  const hungUp = (): void => void server.destroy();
  server.once("error", failed);
  server.once("timeout", timedOut);
  client.once("close", hungUp);
  server.once("connect", () => {
    server.off("error", failed).off("timeout", timedOut).setTimeout(0);
    client.off("close", hungUp);
    client.write(`HTTP/1.1 200 ${STATUS_CODES[200]}\r\n\r\n`);
    if (head.length > 0) server.write(head);
    joinSockets(client, server);
  });
}

function refuse(client: Socket, status: number): void {
  client.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  // Whatever else it says is not read, nor its end waited for.
  client.resume();
  client.setTimeout(HEADERS_TIMEOUT_MS, () => client.destroy());
}
