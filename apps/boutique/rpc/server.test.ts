import assert from "node:assert/strict";
import { connect } from "node:http2";
import { type TestContext, test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { Health } from "../gen/health_pb.ts";
import { CurrencyService, ProductCatalogService } from "../gen/hipstershop_pb.ts";
import { connectTo } from "./client.ts";
import { type RpcServer, startRpcServer } from "./server.ts";

const never = new Promise<never>(() => undefined);

/** Its list of currencies says which server answered; its catalogue answers never. */
async function start(t: TestContext, name: string, port = 0): Promise<RpcServer> {
  const server = await startRpcServer(port, (router) => {
    router.service(CurrencyService, { getSupportedCurrencies: () => ({ currencyCodes: [name] }) });
    router.service(ProductCatalogService, { listProducts: () => never });
  });
  t.after(() => server[Symbol.asyncDispose]());
  return server;
}

test("a kubelet's health check is answered with SERVING", async (t) => {
  const { port } = await start(t, "a");
  assert.equal((await connectTo(Health, `127.0.0.1:${port}`).check({})).status, 1);
});

test("a method that is not served is UNIMPLEMENTED", async (t) => {
  const { port } = await start(t, "a");
  await assert.rejects(
    connectTo(CurrencyService, `127.0.0.1:${port}`).convert({}),
    (error) => error instanceof ConnectError && error.code === Code.Unimplemented,
  );
});

test("the caller's grpc-timeout ends a call whose handler still works", async (t) => {
  const { port } = await start(t, "a");
  assert.equal((await callWithTimeout(port, "200m")).get("grpc-status"), "4");
});

test("a client finds the server that took the place of the one it knew", async (t) => {
  const first = await start(t, "first");
  const client = connectTo(CurrencyService, `127.0.0.1:${first.port}`);
  assert.deepEqual((await client.getSupportedCurrencies({})).currencyCodes, ["first"]);
  await first[Symbol.asyncDispose]();
  await assert.rejects(
    client.getSupportedCurrencies({}),
    (error) => error instanceof ConnectError && error.code === Code.Unavailable,
  );
  await start(t, "second", first.port);
  assert.deepEqual((await client.getSupportedCurrencies({})).currencyCodes, ["second"]);
});

/** A bare gRPC call, whose sender does not watch the clock itself; gives headers and trailers. */
async function callWithTimeout(port: number, timeout: string): Promise<Map<string, string>> {
  const session = connect(`http://127.0.0.1:${port}`);
  const fields = new Map<string, string>();
  const remember = (headers: object): void => {
    for (const [name, value] of Object.entries(headers)) fields.set(name, String(value));
  };
  const stream = session.request({
    ":method": "POST",
    ":path": "/hipstershop.ProductCatalogService/ListProducts",
    "content-type": "application/grpc",
    te: "trailers",
    "grpc-timeout": timeout,
  });
  stream.on("response", remember).on("trailers", remember).resume();
  stream.end(Buffer.alloc(5));
  await new Promise((resolve, reject) => stream.on("close", resolve).on("error", reject));
  session.close();
  return fields;
}
