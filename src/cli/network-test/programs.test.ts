import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { run } from "#base/run.ts";
import { PROBE } from "./programs.ts";

describe("probe", () => {
  let server: Server;
  let host: string;
  before(async () => {
    server = createServer(({ url }, response) => response.writeHead(Number(url?.slice(1) || 200)).end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => server.close());

  test("tells of each URL what went wrong, in their order", async () => {
    const urls = [`http://${host}`, `http://${host}/301`, `http://${host}/404`, `tcp://${host}`, "tcp://127.0.0.1:1"];
    const { stdout } = await run(process.execPath, ["-e", PROBE, "1", ...urls]);
    assert.deepEqual(JSON.parse(stdout), [null, null, "status 404", null, "connect ECONNREFUSED 127.0.0.1:1"]);
  });
});
