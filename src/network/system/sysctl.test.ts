import assert from "node:assert/strict";
import { readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { type FakeMachine, fakeMachine, writeFiles } from "../testing/fake-machine.ts";
import { enableMultipathHash, ensureForwarding, makeRouter } from "./sysctl.ts";

const DEFAULTS = {
  "ipv4/ip_forward": "0\n",
  "ipv4/ip_no_pmtu_disc": "0\n",
  "ipv4/fwmark_reflect": "0\n",
  "ipv4/fib_multipath_hash_policy": "0\n",
  "ipv4/conf/all/accept_local": "0\n",
  "ipv4/conf/all/rp_filter": "1\n",
  "ipv4/conf/default/rp_filter": "2\n",
  "ipv4/conf/eth0/rp_filter": "0\n",
};

let machine: FakeMachine;
describe("sysctls", () => {
  beforeEach(() => {
    machine = fakeMachine();
    writeFiles(machine.sysctls, DEFAULTS);
  });
  afterEach(() => machine[Symbol.dispose]());

  const settings = (): Record<string, string> =>
    Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, readFileSync(join(machine.sysctls, name), "utf8")]));

  test("a router forwards, reflects marks, believes its own address from others, and filters no reverse paths", () => {
    makeRouter(machine.sysctls);
    assert.deepEqual(settings(), {
      "ipv4/ip_forward": "1",
      "ipv4/ip_no_pmtu_disc": "2",
      "ipv4/fwmark_reflect": "1",
      "ipv4/fib_multipath_hash_policy": "0\n",
      "ipv4/conf/all/accept_local": "1",
      "ipv4/conf/all/rp_filter": "0",
      "ipv4/conf/default/rp_filter": "0",
      "ipv4/conf/eth0/rp_filter": "0\n",
    });
  });

  test("a node forwards; nothing else of it is changed", () => {
    ensureForwarding(machine.sysctls);
    assert.deepEqual(settings(), { ...DEFAULTS, "ipv4/ip_forward": "1" });
  });

  test("flows are spread by ports when that is wanted", () => {
    enableMultipathHash(machine.sysctls);
    assert.deepEqual(settings(), { ...DEFAULTS, "ipv4/fib_multipath_hash_policy": "1" });
  });

  test("what is right is not written: the folder may be read-only", () => {
    writeFiles(machine.sysctls, { "ipv4/ip_forward": "1\n" });
    ensureForwarding(machine.sysctls);
    assert.equal(readFileSync(join(machine.sysctls, "ipv4/ip_forward"), "utf8"), "1\n");
  });

  test("what cannot be set is told, with what sets it", () => {
    const path = join(machine.sysctls, "ipv4/ip_forward");
    rmSync(path);
    // Can be read, and not even root can write it.
    symlinkSync("/proc/version", path);
    const message = `set ${path} to 1: not permitted; run liqo-sysctls in a privileged init container`;
    assert.throws(() => ensureForwarding(machine.sysctls), { message });
  });
});
