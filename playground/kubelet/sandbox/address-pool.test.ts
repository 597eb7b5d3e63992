import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { AddressPool } from "./address-pool.ts";

function inFolder(use: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "pool-test-"));
  use(folder);
  rmSync(folder, { recursive: true });
}

test("each pod has an address of its own, the same whenever it is asked for, also after a restart", () => {
  inFolder((folder) => {
    const pool = new AddressPool(folder, "10.244.1.0/24");
    assert.deepEqual([pool.take("a"), pool.take("b"), pool.take("a")], ["10.244.1.2", "10.244.1.3", "10.244.1.2"]);
    const next = new AddressPool(folder, "10.244.1.0/24");
    assert.deepEqual([next.take("b"), next.take("c")], ["10.244.1.3", "10.244.1.4"]);
  });
});

test("an address that is free again is used as late as possible", () => {
  inFolder((folder) => {
    // Of eight all but the network's, the bridge's and the last.
    const pool = new AddressPool(folder, "10.244.1.0/29");
    const first = ["a", "b", "c", "d", "e"].map((owner) => pool.take(owner));
    assert.deepEqual(first, ["10.244.1.2", "10.244.1.3", "10.244.1.4", "10.244.1.5", "10.244.1.6"]);
    assert.throws(() => pool.take("f"), { message: "assign address to pod f: no address left in 10.244.1.0/29" });
    pool.release("d");
    pool.release("b");
    assert.deepEqual([pool.take("f"), pool.take("g")], ["10.244.1.3", "10.244.1.5"]);
    pool.release("nobody");
    assert.throws(() => pool.take("h"));
  });
});
