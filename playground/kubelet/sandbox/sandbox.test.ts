import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { podNamed } from "#kit/cluster-objects.ts";
import type { RunProgram } from "../host.ts";
import { AddressPool } from "./address-pool.ts";
import { HostPorts, hostPortsOf } from "./host-ports.ts";
import { ensureSandbox, findSandbox, removeSandbox, type SandboxOptions } from "./sandbox.ts";

const ctx: Context = { signal: new AbortController().signal, log: silentLogger };
const folder = mkdtempSync(join(tmpdir(), "sandbox-test-"));
after(() => rmSync(folder, { recursive: true }));

/** Programs that do nothing; what `fails` begins with is refused. */
function world() {
  const directory = mkdtempSync(join(folder, "s-"));
  const calls: { command: string; input: string }[] = [];
  const state = { fails: "" };
  const run: RunProgram = async (file, args, { input = "" } = {}) => {
    calls.push({ command: [file, ...args].join(" "), input });
    if (state.fails !== "" && file.startsWith(state.fails)) throw new Error(`${file} failed`);
    return { stdout: "", stderr: "" };
  };
  const pool = new AddressPool(join(directory, "addresses"), "10.244.1.0/24");
  const options: SandboxOptions = {
    directory: join(directory, "sandbox"),
    uid: "u1",
    hostname: "web",
    hostNetwork: false,
    hostIpc: false,
    sysctls: [{ name: "net.core.somaxconn", value: "10'24" }],
    network: { bridge: "br0", podCidr: "10.244.1.0/24", nodeAddress: "172.20.0.2" },
  };
  return {
    calls,
    state,
    deps: { pool, run },
    run,
    options,
    addresses: () => readdirSync(join(directory, "addresses")),
  };
}

test("a sandbox has namespaces of its own, a link to the bridge and an address; made once", async () => {
  const { calls, deps, options } = world();
  const { directory } = options;
  const sandbox = await ensureSandbox(ctx, deps, options);
  assert.deepEqual(sandbox, {
    ip: "10.244.1.2",
    uts: join(directory, "uts"),
    network: join(directory, "net"),
    ipc: join(directory, "ipc"),
  });
  assert.equal(calls.length, 3);
  const [unshare, outside, inside] = calls;
  assert.match(
    unshare?.command ?? "",
    /^unshare --uts=\S+ --ipc=\S+ --net=\S+ -- sh -ec hostname web\nip link set lo up\n/,
  );
  assert.match(unshare?.command ?? "", /echo '1024' > '\/proc\/sys\/net\/core\/somaxconn'/);
  assert.match(
    outside?.input ?? "",
    /^link add (veth[0-9a-f]{10}) type veth peer name eth0 netns \S+\nlink set \1 master br0 up\n/,
  );
  assert.match(inside?.command ?? "", /^nsenter --net=\S+ ip -batch -$/);
  assert.equal(
    inside?.input,
    "addr add 10.244.1.2/32 dev eth0\nlink set eth0 up\nroute add 10.244.1.1 dev eth0 scope link\nroute add default via 10.244.1.1\n",
  );
  assert.deepEqual([findSandbox(directory), await ensureSandbox(ctx, deps, options)], [sandbox, sandbox]);
  assert.equal(calls.length, 3);
});

test("a pod on the node's network has its address, and only what it does not share", async () => {
  const { calls, deps, options, addresses } = world();
  const sandbox = await ensureSandbox(ctx, deps, { ...options, hostNetwork: true, hostIpc: true });
  assert.deepEqual(sandbox, { ip: "172.20.0.2", uts: join(options.directory, "uts") });
  assert.deepEqual(
    calls.map(({ command }) => command),
    [`unshare --uts=${sandbox.uts} -- sh -ec hostname web`],
  );
  assert.deepEqual(addresses(), []);
});

test("half a sandbox is removed and made anew; a removed one gives its address back", async () => {
  const { calls, state, deps, options, addresses } = world();
  state.fails = "nsenter";
  await assert.rejects(ensureSandbox(ctx, deps, options), /nsenter failed/);
  assert.equal(findSandbox(options.directory), undefined);
  state.fails = "";
  calls.length = 0;
  await ensureSandbox(ctx, deps, options);
  assert.match(calls[0]?.command ?? "", /^sh -c ip link delete veth[0-9a-f]{10} .*umount -l/);
  assert.equal(addresses().length, 1);
  await removeSandbox(ctx, deps, options.directory, "u1");
  assert.deepEqual([addresses(), existsSync(options.directory)], [[], false]);
  const { length } = calls;
  await removeSandbox(ctx, deps, options.directory, "u1");
  assert.equal(calls.length, length);
});

const ports = [
  { containerPort: 80, hostPort: 8080 },
  { containerPort: 53, hostPort: 53, protocol: "UDP", hostIP: "10.0.0.1" },
  { containerPort: 9, hostPort: 0 },
  { containerPort: 10 },
];

test("the host ports of a pod, and none of one on the node's network", () => {
  const spec = {
    containers: [{ name: "c", ports }],
    initContainers: [{ name: "i", ports: [{ containerPort: 1, hostPort: 2, hostIP: "0.0.0.0" }] }],
  };
  assert.deepEqual(hostPortsOf(podNamed("web", { spec }), "10.244.1.2"), [
    { protocol: "tcp", hostPort: 8080, ip: "10.244.1.2", port: 80 },
    { protocol: "udp", hostIp: "10.0.0.1", hostPort: 53, ip: "10.244.1.2", port: 53 },
    { protocol: "tcp", hostPort: 2, ip: "10.244.1.2", port: 1 },
  ]);
  assert.deepEqual(hostPortsOf(podNamed("web", { spec: { ...spec, hostNetwork: true } }), "10.244.1.2"), []);
});

test("the table of host ports is that of all pods, at each change", async () => {
  const { calls, state, run } = world();
  const table = new HostPorts(run);
  await table.set(ctx, "none", []);
  assert.equal(calls.length, 0);
  const port = { protocol: "tcp", hostPort: 8080, ip: "10.244.1.2", port: 80 } as const;
  await table.set(ctx, "a", [port]);
  state.fails = "nft";
  await table.set(ctx, "b", [{ ...port, hostIp: "10.0.0.1", hostPort: 81, ip: "10.244.1.3" }]);
  state.fails = "";
  assert.equal(calls[0]?.command, "nft -f -");
  assert.match(calls[0]?.input ?? "", /fib daddr type local tcp dport 8080 dnat to 10\.244\.1\.2:80/);
  assert.match(calls[1]?.input ?? "", /8080 dnat[\s\S]*ip daddr 10\.0\.0\.1 tcp dport 81 dnat to 10\.244\.1\.3:80/);
  assert.match(calls[1]?.input ?? "", /ip saddr 10\.244\.1\.3 ip daddr 10\.244\.1\.3 masquerade/);
  await table.delete(ctx, "a");
  assert.doesNotMatch(calls[2]?.input ?? "", /8080/);
  await table.delete(ctx, "a");
  assert.equal(calls.length, 3);
});
