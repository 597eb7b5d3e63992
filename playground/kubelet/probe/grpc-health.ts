/** grpc.health.v1.Health/Check over HTTP/2, by hand: one request, one byte of answer that matters. gRPC: doc/health-checking.md, PROTOCOL-HTTP2.md */
import { connect, constants } from "node:http2";

const METHOD = "/grpc.health.v1.Health/Check";
const SERVING = 1;

export type HealthAnswer = { readonly ok: true } | { readonly ok: false; readonly why: string };

/** Never rejects: a server that cannot be reached is an answer too. */
export function checkGrpcHealth(address: string, service: string, timeoutMs: number): Promise<HealthAnswer> {
  return new Promise((resolve) => {
    const session = connect(`http://${address}`);
    const finish = (answer: HealthAnswer): void => {
      clearTimeout(timer);
      session.destroy();
      resolve(answer);
    };
    // biome-ignore lint/plugin: the socket's deadline, by the machine
    const timer = setTimeout(
      () =>
        finish({
          ok: false,
          why: `timeout: failed to connect service "${address}" within ${timeoutMs / 1000}s: context deadline exceeded`,
        }),
      timeoutMs,
    );
    session.on("error", (error) => finish({ ok: false, why: `error: health rpc failed: ${error.message}` }));
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: METHOD,
      [constants.HTTP2_HEADER_CONTENT_TYPE]: "application/grpc",
      [constants.HTTP2_HEADER_TE]: "trailers",
      [constants.HTTP2_HEADER_USER_AGENT]: "kube-probe/1.35",
    });
    const chunks: Buffer[] = [];
    let grpcStatus = "";
    stream.on("response", (headers) => {
      grpcStatus = String(headers["grpc-status"] ?? "");
    });
    stream.on("trailers", (headers) => {
      grpcStatus = String(headers["grpc-status"] ?? "");
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", (error) => finish({ ok: false, why: `error: health rpc failed: ${error.message}` }));
    stream.on("end", () => finish(verdict(grpcStatus, Buffer.concat(chunks))));
    stream.end(encodeRequest(service));
  });
}

function encodeRequest(service: string): Buffer {
  const name = Buffer.from(service);
  const message = name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, name.length]), name]);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  return Buffer.concat([frame, message]);
}

function verdict(grpcStatus: string, body: Buffer): HealthAnswer {
  if (grpcStatus !== "" && grpcStatus !== "0")
    return { ok: false, why: `error: health rpc failed with status ${grpcStatus}` };
  // HealthCheckResponse: field 1, varint. An absent field is UNKNOWN.
  const status = body.length >= 7 && body[5] === 0x08 ? body[6] : 0;
  return status === SERVING
    ? { ok: true }
    : { ok: false, why: `service unhealthy (responded with "${statusName(status)}")` };
}

function statusName(status: number | undefined): string {
  return ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"][status ?? 0] ?? String(status);
}
