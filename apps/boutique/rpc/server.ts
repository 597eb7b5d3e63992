/** Starts a gRPC server of the shop: HTTP/2 without TLS, with the health service, ending cleanly on SIGTERM. */
import { createServer, type Http2Server, type ServerHttp2Session } from "node:http2";
import { create } from "@bufbuild/protobuf";
import type { ConnectRouter, Interceptor } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { Health, HealthCheckResponseSchema } from "../gen/health_pb.ts";

const SERVING = 1;

export interface RpcServer extends AsyncDisposable {
  readonly port: number;
}

/** Listens on all addresses; port 0 takes a free one. */
export async function startRpcServer(port: number, routes: (router: ConnectRouter) => void): Promise<RpcServer> {
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer(
    connectNodeAdapter({
      grpc: true,
      grpcWeb: false,
      connect: false,
      interceptors: [endAtDeadline],
      routes: (router) => {
        router.service(Health, { check: () => create(HealthCheckResponseSchema, { status: SERVING }) });
        routes(router);
      },
    }),
  );
  server.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
  });
  await listen(server, port);
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const session of sessions) session.close();
      }),
  };
}

function listen(server: Http2Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, resolve);
  });
}

/** Answers when the caller's grpc-timeout is over, also while a handler still works. */
const endAtDeadline: Interceptor = (next) => (request) => {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(request.signal.reason);
  request.signal.addEventListener("abort", abort, { once: true });
  return Promise.race([next(request), promise]).finally(() => request.signal.removeEventListener("abort", abort));
};
