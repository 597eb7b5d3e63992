import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "#base/log.ts";
import { namespaces } from "#machinery/builtin.ts";
import { startTestApiServer } from "#playground/testing.ts";
import type { ApiServices } from "./connector.ts";

test("what the server itself creates says of which kind it is", async () => {
  const captured: ApiServices[] = [];
  await using api = await startTestApiServer({
    parts: (services) => {
      captured.push(services);
      return {};
    },
  });
  const ctx = { signal: AbortSignal.timeout(5_000), log: silentLogger };
  await captured[0]?.writer.create(ctx, namespaces, "", { metadata: { name: "made-inside" } });
  const { body } = await api.request("GET", "/api/v1/namespaces/made-inside");
  const { apiVersion, kind } = body as { apiVersion?: string; kind?: string };
  assert.deepEqual({ apiVersion, kind }, { apiVersion: "v1", kind: "Namespace" });
});
