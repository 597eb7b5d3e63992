import assert from "node:assert/strict";
import { test } from "node:test";
import type { Image } from "../image.ts";
import { forgeSpec, type SpecInput } from "./oci-spec.ts";
import { image } from "./testing/image.ts";

interface Spec {
  readonly process: Record<string, unknown>;
  readonly root: object;
  readonly mounts: readonly { destination: string; type: string; source: string; options: string[] }[];
  readonly linux: {
    readonly namespaces: readonly { type: string; path?: string }[];
    readonly devices: readonly { path: string }[];
    readonly cgroupsPath?: string;
    readonly resources?: object;
    readonly maskedPaths?: string[];
    readonly readonlyPaths?: string[];
  };
}

const root: Image["root"] = { binds: [{ host: "/usr/bin", path: "/bin" }], directories: [], links: [], files: [] };
const BASE: SpecInput = {
  image: { ...image, root },
  args: ["/bin/web", "--port=80"],
  env: { PATH: "/bin", EMPTY: "" },
  workingDir: "/srv",
  user: { uid: 101, gid: 102, additionalGids: [9] },
  capabilities: ["CAP_CHOWN"],
  privileged: false,
  noNewPrivileges: true,
  readOnlyRoot: true,
  tty: false,
  mounts: [{ host: "/data", path: "/var/data", readOnly: true }],
  namespaces: { network: "/run/netns/a", ipc: "/proc/7/ns/ipc", uts: "/proc/7/ns/uts", hostPid: false },
};
// The shape is what the runtime reads: the function promises no more than an object.
const forge = (own: Partial<SpecInput> = {}): Spec => forgeSpec({ ...BASE, ...own }) as Spec;
const mountAt = (spec: Spec, path: string) => spec.mounts.find(({ destination }) => destination === path);

test("the process of a container is what was decided", () => {
  const { process, root } = forge({ oomScoreAdj: 1000 });
  const capabilities = ["CAP_CHOWN"];
  assert.deepEqual(process, {
    terminal: false,
    user: { uid: 101, gid: 102, additionalGids: [9] },
    args: ["/bin/web", "--port=80"],
    env: ["PATH=/bin", "EMPTY="],
    cwd: "/srv",
    capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    noNewPrivileges: true,
    oomScoreAdj: 1000,
  });
  assert.deepEqual(root, { path: "rootfs", readonly: true });
  assert.equal("oomScoreAdj" in forge().process, false);
});

test("images are mounted read-only, volumes as they say", () => {
  assert.deepEqual(mountAt(forge(), "/bin")?.options, ["rbind", "rprivate", "ro"]);
  assert.deepEqual(mountAt(forge(), "/var/data")?.options, ["rbind", "rprivate", "ro"]);
  const shared = { host: "/data", path: "/var/data", readOnly: false, propagation: "rshared" } as const;
  assert.deepEqual(mountAt(forge({ mounts: [shared] }), "/var/data")?.options, ["rbind", "rshared", "rw"]);
});

for (const [name, namespaces, expected] of [
  [
    "its own processes",
    BASE.namespaces,
    ["pid", "mount", "network /run/netns/a", "ipc /proc/7/ns/ipc", "uts /proc/7/ns/uts"],
  ],
  ["the node's processes and network", { hostPid: true }, ["mount"]],
  ["another container's processes", { hostPid: false, pid: "/proc/8/ns/pid" }, ["mount", "pid /proc/8/ns/pid"]],
] as [string, SpecInput["namespaces"], string[]][]) {
  test(`the namespaces of a container that sees ${name}`, () => {
    const shown = forge({ namespaces }).linux.namespaces.map(({ type, path }) => `${type} ${path ?? ""}`.trim());
    assert.deepEqual(shown, expected);
  });
}

test("a privileged container sees and may change what others must not", () => {
  const plain = forge();
  assert.ok(plain.linux.maskedPaths?.includes("/proc/kcore"));
  assert.ok(plain.linux.readonlyPaths?.includes("/proc/sys"));
  assert.ok(mountAt(plain, "/sys")?.options.includes("ro"));
  const privileged = forge({ privileged: true });
  assert.deepEqual([privileged.linux.maskedPaths, privileged.linux.readonlyPaths], [undefined, undefined]);
  assert.ok(mountAt(privileged, "/sys")?.options.includes("rw"));
});

test("who may administer networks has the TUN device", () => {
  const devices = (own: Partial<SpecInput>): string[] => forge(own).linux.devices.map(({ path }) => path);
  assert.deepEqual(devices({}), []);
  assert.deepEqual(devices({ capabilities: ["CAP_NET_ADMIN"] }), ["/dev/net/tun"]);
  assert.deepEqual(devices({ privileged: true }), ["/dev/net/tun"]);
});

test("limits are those of the control group, and there are none where the machine has no such groups", () => {
  const path = "/pg/milan/web";
  const { linux, ...limited } = forge({
    cgroup: { path, limits: { cpuShares: 512, cpuQuota: 50_000, memoryBytes: 1024 } },
  });
  assert.equal(linux.cgroupsPath, path);
  assert.deepEqual(linux.resources, {
    devices: [{ allow: false, access: "rwm" }],
    cpu: { shares: 512, quota: 50_000, period: 100_000 },
    memory: { limit: 1024 },
  });
  assert.ok(limited.mounts.some(({ destination }) => destination === "/sys/fs/cgroup"));
  const open = forge({ cgroup: { path, limits: { cpuShares: 2 } } });
  assert.deepEqual(open.linux.resources, { devices: [{ allow: false, access: "rwm" }], cpu: { shares: 2 } });
  const none = forge();
  assert.deepEqual(
    [none.linux.cgroupsPath, none.linux.resources, mountAt(none, "/sys/fs/cgroup")],
    [undefined, undefined, undefined],
  );
});
