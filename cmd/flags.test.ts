import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

for (const program of ["liqo-controller-manager", "liqo-gateway", "liqo-fabric", "virtual-kubelet"]) {
  test(`${program} ends with one line about a flag that it does not know`, () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(import.meta.dirname, `${program}.ts`), "--bogus"],
      {
        encoding: "utf8",
        env: {},
      },
    );
    const { level, error } = JSON.parse(stderr) as Record<string, string>;
    assert.deepEqual(
      { status, stdout, level, error },
      { status: 1, stdout: "", level: "error", error: "unknown flag: --bogus" },
    );
  });
}
