import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { systemClock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { detectCgroups, hasOomKill, removeCgroup } from "./cgroup.ts";
import { Runtime } from "./container.ts";
import { execToEnd } from "./exec.ts";
import { forgeSpec, type SpecInput } from "./oci-spec.ts";
import { buildRootfs } from "./rootfs.ts";
import { image } from "./testing/image.ts";

const root = process.getuid?.() === 0;
const ctx: Context = { signal: new AbortController().signal, log: silentLogger };

const LIMIT_BYTES = 48 * 1024 * 1024;
// Version 1 or 2, and that the container cannot raise it.
const SHOW_LIMIT =
  "cd /sys/fs/cgroup; for f in memory/memory.limit_in_bytes memory.max; do test -e $f || continue; cat $f; grep -q ' /sys/fs/cgroup.* ro,' /proc/self/mounts && echo read-only; done";

function specInput(cgroup: string, script: string): SpecInput {
  return {
    image,
    args: ["sh", "-c", script],
    env: { PATH: "/usr/bin" },
    workingDir: "/",
    user: { uid: 1000, gid: 1000, additionalGids: [] },
    capabilities: [],
    privileged: false,
    noNewPrivileges: true,
    readOnlyRoot: true,
    tty: false,
    mounts: [],
    namespaces: { hostPid: false },
    cgroup: { path: cgroup, limits: { cpuShares: 100, memoryBytes: LIMIT_BYTES } },
  };
}

test("a container runs, logs, takes commands, survives its agent and tells how it ended", { skip: !root }, async () => {
  const directory = mkdtempSync(join(tmpdir(), "runtime-test-"));
  const parent = `/runtime-test-${process.pid}-${Math.floor(Math.random() * 1e6)}`;
  const cgroups = detectCgroups(parent);
  const logPath = join(directory, "0.log");
  const begin = async (runtime: Runtime, id: string, script: string): Promise<void> => {
    const input = specInput(`${parent}/${id}`, script);
    buildRootfs(runtime.rootfs(id), image.root, input.user, "/");
    await runtime.start(ctx, {
      id,
      name: "c",
      spec: forgeSpec(input),
      logPath,
      tty: false,
      stdin: false,
      stdinOnce: false,
    });
  };
  const ids = ["one", "two"].map((name) => `${name}${process.pid}${Math.floor(Math.random() * 1e6)}`);
  const [one = "", two = ""] = ids;
  let runtime = new Runtime({ directory }, () => undefined);
  try {
    await begin(runtime, one, "echo hello; trap 'exit 7' TERM; while :; do sleep 0.05; done");
    assert.deepEqual(await execToEnd({ runtime, clock: systemClock }, one, ["sh", "-c", "id -u; exit 3"], 5000), {
      code: 3,
      output: "1000\n",
      timedOut: false,
    });
    const limit = await execToEnd({ runtime, clock: systemClock }, one, ["sh", "-c", SHOW_LIMIT], 5000);
    assert.equal(limit.output, cgroups.version === "none" ? "" : `${LIMIT_BYTES}\nread-only\n`);
    assert.equal((await execToEnd({ runtime, clock: systemClock }, one, ["sleep", "30"], 200)).timedOut, true);
    runtime[Symbol.dispose]();
    const exits: string[] = [];
    runtime = new Runtime({ directory }, (id) => exits.push(id));
    assert.deepEqual(runtime.list(), [one]);
    assert.equal(runtime.isAlive(one), true);
    await runtime.signal(ctx, one, "SIGTERM");
    for (let i = 0; i < 100 && !exits.includes(one); i++) await delay(20);
    assert.equal(runtime.findExit(one)?.code, 7);
    assert.match(readFileSync(logPath, "utf8"), /stdout F hello\n/);
    await begin(runtime, two, "head -c 200m /dev/zero | tail");
    for (let i = 0; i < 250 && !exits.includes(two); i++) await delay(20);
    assert.equal(cgroups.version === "none" || hasOomKill(cgroups, `${parent}/${two}`), true);
    assert.equal(runtime.findExit(two)?.outOfMemory, cgroups.version !== "none");
    const bad = { ...specInput(`${parent}/bad`, ""), args: ["/no/such/program"] };
    buildRootfs(runtime.rootfs("bad"), image.root, bad.user, "/");
    const failing = runtime.start(ctx, {
      id: "bad",
      name: "c",
      spec: forgeSpec(bad),
      logPath,
      tty: false,
      stdin: false,
      stdinOnce: false,
    });
    await assert.rejects(failing, /"\/no\/such\/program": stat \/no\/such\/program: no such file or directory/);
  } finally {
    for (const id of runtime.list()) await runtime.remove(id);
    runtime[Symbol.dispose]();
    removeCgroup(cgroups, parent);
    rmSync(directory, { recursive: true });
  }
});
