import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, test } from "node:test";

describe("flags of programs", { concurrency: true }, () => {
  for (const program of [
    "liqo-controller-manager",
    "liqo-gateway",
    "liqo-fabric",
    "liqo-dashboard",
    "virtual-kubelet",
  ]) {
    test(`${program} ends with one line about a flag that it does not know`, async () => {
      const { status, stdout, stderr } = await run(join(import.meta.dirname, `${program}.ts`), "--bogus");
      const { level, error } = JSON.parse(stderr) as Record<string, string>;
      assert.deepEqual(
        { status, stdout, level, error },
        { status: 1, stdout: "", level: "error", error: "unknown flag: --bogus" },
      );
    });
  }
});

interface Ended {
  readonly status: string | number | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

function run(...args: string[]): Promise<Ended> {
  return new Promise((resolve) =>
    execFile(process.execPath, args, { env: {} }, (error, stdout, stderr) =>
      resolve({ status: error === null ? 0 : error.code, stdout, stderr }),
    ),
  );
}
