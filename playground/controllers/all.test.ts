import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { startEngineParts } from "#kit/engine-parts.ts";
import { allControllers } from "./all.ts";

// They run beside genuine clusters only.
const EXTERNAL = ["local-path-provisioner", "local-path-reclaimer"];

test("every controller is listed, each under its own name", async () => {
  await using parts = await startEngineParts();
  const names = allControllers.map((factory) => factory(parts.deps).name);
  assert.equal(new Set(names).size, names.length);
  const found = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" });
  const controllers = found.filter((path) => path.endsWith("controller.ts"));
  assert.equal(names.length, controllers.length - EXTERNAL.length);
});
