import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Http2Server, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { checkGrpcHealth } from "./grpc-health.ts";

/** A gRPC server that answers with these bytes and this status; `asked` receives what it was sent. */
async function server(answer: (stream: ServerHttp2Stream) => void, asked: Buffer[] = []): Promise<Http2Server> {
  const listening = createServer();
  listening.on("stream", (stream) => {
    stream.on("data", (chunk: Buffer) => asked.push(chunk));
    stream.on("end", () => answer(stream));
  });
  listening.listen(0, "127.0.0.1");
  await once(listening, "listening");
  return listening;
}

function responding(message: readonly number[], grpcStatus = "0"): (stream: ServerHttp2Stream) => void {
  return (stream) => {
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": grpcStatus }));
    stream.end(Buffer.from([0, 0, 0, 0, message.length, ...message]));
  };
}

for (const { name, answer, says } of [
  { name: "serving", answer: responding([0x08, 1]), says: undefined },
  { name: "not serving", answer: responding([0x08, 2]), says: 'service unhealthy (responded with "NOT_SERVING")' },
  { name: "nothing of the kind", answer: responding([]), says: 'service unhealthy (responded with "UNKNOWN")' },
  { name: "a service it does not know", answer: responding([], "5"), says: "error: health rpc failed with status 5" },
]) {
  test(`a server that says: ${name}`, async (t) => {
    const listening = await server(answer);
    t.after(() => listening.close());
    const { port } = listening.address() as AddressInfo;
    const found = await checkGrpcHealth(`127.0.0.1:${port}`, "", 5_000);
    assert.deepEqual(found, says === undefined ? { ok: true } : { ok: false, why: says });
  });
}

test("the service is asked for by name, in a frame of its length", async (t) => {
  const asked: Buffer[] = [];
  const listening = await server(responding([0x08, 1]), asked);
  t.after(() => listening.close());
  const { port } = listening.address() as AddressInfo;
  await checkGrpcHealth(`127.0.0.1:${port}`, "cart", 5_000);
  assert.deepEqual(Buffer.concat(asked), Buffer.from([0, 0, 0, 0, 6, 0x0a, 4, ...Buffer.from("cart")]));
});

test("nobody there, and nobody who answers", async (t) => {
  const listening = await server(() => undefined);
  t.after(() => listening.close());
  const { port } = listening.address() as AddressInfo;
  const silent = await checkGrpcHealth(`127.0.0.1:${port}`, "", 50);
  assert.match(
    JSON.stringify(silent),
    /timeout: failed to connect service .* within 0\.05s: context deadline exceeded/,
  );
  const gone = createServer().listen(0, "127.0.0.1");
  await once(gone, "listening");
  const closed = (gone.address() as AddressInfo).port;
  gone.close();
  await once(gone, "close");
  assert.match(JSON.stringify(await checkGrpcHealth(`127.0.0.1:${closed}`, "", 5_000)), /ECONNREFUSED/);
});
