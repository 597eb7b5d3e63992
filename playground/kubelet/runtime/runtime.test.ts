import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import type { Image } from "../image.ts";
import { availableCapabilities, capabilitiesOf } from "./capabilities.ts";
import { detectCgroups, hasOomKill, removeCgroup } from "./cgroup.ts";
import { Runtime } from "./container.ts";
import { execToEnd } from "./exec.ts";
import { forgeSpec, type SpecInput } from "./oci-spec.ts";
import { buildRootfs } from "./rootfs.ts";
import { decideUser } from "./user.ts";

const root = process.getuid?.() === 0;
const ctx: Context = { signal: new AbortController().signal, log: silentLogger };
const image: Image = {
  reference: "docker.io/library/test:latest",
  id: "x",
  entrypoint: [],
  cmd: [],
  env: {},
  user: "",
  workingDir: "/",
  stopSignal: "SIGTERM",
  sizeBytes: 0,
  root: {
    binds: [{ host: "/usr", path: "/usr" }],
    directories: ["/proc", "/dev", "/sys", "/tmp"].map((path) => ({ path })),
    links: ["bin", "lib", "lib64"].map((name) => ({ path: `/${name}`, target: `usr/${name}` })),
    files: [
      { path: "/etc/passwd", content: "root:x:0:0::/:/bin/sh\nweb:x:33:44::/:/bin/sh\n" },
      { path: "/etc/group", content: "root:x:0:\nstaff:x:50:\n" },
    ],
  },
};

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
    assert.deepEqual(await execToEnd(runtime, one, ["sh", "-c", "id -u; exit 3"], 5000), {
      code: 3,
      output: "1000\n",
      timedOut: false,
    });
    const limit = await execToEnd(runtime, one, ["sh", "-c", SHOW_LIMIT], 5000);
    assert.equal(limit.output, cgroups.version === "none" ? "" : `${LIMIT_BYTES}\nread-only\n`);
    assert.equal((await execToEnd(runtime, one, ["sleep", "30"], 200)).timedOut, true);
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

test("capabilities follow add and drop", () => {
  const available = availableCapabilities();
  const of = (context: Parameters<typeof capabilitiesOf>[0]) =>
    capabilitiesOf(context, new Set(["CHOWN", "NET_ADMIN", "SYS_ADMIN", "KILL"]));
  assert.deepEqual(of(undefined), ["CAP_CHOWN", "CAP_KILL"]);
  assert.deepEqual(of({ capabilities: { drop: ["ALL"], add: ["NET_ADMIN"] } }), ["CAP_NET_ADMIN"]);
  assert.deepEqual(of({ capabilities: { add: ["CAP_SYS_ADMIN"], drop: ["KILL"] } }), ["CAP_CHOWN", "CAP_SYS_ADMIN"]);
  assert.equal(of({ privileged: true }).length, 4);
  assert.ok(available.size > 0 || !root);
});

test("users come from the container, the pod or the image, and root is refused where it must be", () => {
  const decide = (pod: object, context: object | undefined, user: string) =>
    decideUser(
      { metadata: { name: "p", namespace: "n", uid: "u" }, spec: { containers: [], securityContext: pod } },
      context,
      "c",
      { ...image, user },
    );
  assert.deepEqual(decide({}, undefined, "web"), { user: { uid: 33, gid: 44, additionalGids: [] } });
  assert.deepEqual(decide({}, undefined, "web:staff"), { user: { uid: 33, gid: 50, additionalGids: [] } });
  assert.deepEqual(decide({ runAsUser: 5, fsGroup: 7 }, { runAsGroup: 6 }, ""), {
    user: { uid: 5, gid: 6, additionalGids: [7] },
  });
  assert.deepEqual(decide({ runAsNonRoot: true }, undefined, ""), {
    refused: 'container has runAsNonRoot and image will run as root (pod: "p_n(u)", container: c)',
  });
});
