import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FIREWALL_LABELS, isSelected, type Place, ROUTE_LABELS } from "#forge/networking/selection.ts";
import { withCondition } from "./configurations/host-status.ts";
import { isWorthWriting } from "./conncheck/connection.ts";
import { decodeMessage, encodeMessage } from "./conncheck/message.ts";
import { changedNodeIp } from "./fabric/internal-node.ts";
import { isLive } from "./fabric/peers.ts";
import { parseGatewayOptions } from "./gateway/options.ts";
import { type KernelLink, planLinks } from "./overlay/plan.ts";
import { isOfInterest } from "./system/monitor.ts";
import { parseBatchFailures } from "./system/tools.ts";
import { parseDump, renderConfig } from "./wireguard/config.ts";

const GATEWAY: Place = { category: "gateway", remoteClusterId: "cluster-b", nodeName: "node-1" };
const FABRIC: Place = { category: "fabric", nodeName: "node-1" };
const KEY = `${"A".repeat(43)}=`;

describe("isSelected", () => {
  // Labels as in the recordings: category, subcategory, unique → by which place.
  for (const [category, subcategory, unique, byGateway, byFabric] of [
    ["gateway", undefined, "cluster-b", true, false],
    ["gateway", undefined, "cluster-c", false, false],
    ["gateway", "ip-mapping", undefined, true, false],
    ["gateway", "all-gateways", undefined, true, false],
    ["gateway", "fabric", undefined, true, false],
    ["gateway", "fabric-node", "node-1", true, false],
    ["gateway", "fabric-node", "node-2", false, false],
    ["fabric", "all-nodes", undefined, false, true],
    ["fabric", undefined, undefined, false, true],
    ["fabric", "single-node", "node-1", false, true],
    ["fabric", "single-node", "node-2", false, false],
  ] as const) {
    it(`${category} ${subcategory ?? "-"} ${unique ?? "-"}: gateway ${byGateway}, fabric ${byFabric}`, () => {
      for (const names of [ROUTE_LABELS, FIREWALL_LABELS]) {
        const labels = {
          [names.category]: category,
          ...(subcategory !== undefined && { [names.subcategory]: subcategory }),
          ...(unique !== undefined && { [names.unique]: unique }),
        };
        assert.equal(isSelected(GATEWAY, names, { metadata: { labels } }), byGateway);
        assert.equal(isSelected(FABRIC, names, { metadata: { labels } }), byFabric);
      }
    });
  }
});

describe("withCondition", () => {
  const other = { host: "other", type: "Applied", status: "True", lastTransitionTime: "t0" };

  it("adds one entry per host and changes it only when the status flips", () => {
    const first = withCondition([other], "me", false, "t1") ?? [];
    assert.deepEqual(first, [other, { host: "me", type: "Applied", status: "False", lastTransitionTime: "t1" }]);
    assert.equal(withCondition(first, "me", false, "t2"), undefined);
    const second = withCondition(first, "me", true, "t3") ?? [];
    assert.deepEqual(second, [other, { host: "me", type: "Applied", status: "True", lastTransitionTime: "t3" }]);
  });
});

describe("planLinks", () => {
  const wanted = { name: "liqo.abc", id: 7, remote: "10.244.1.5", address: "10.80.0.1", mtu: 1340 };
  const options = { kind: "vxlan", port: 6091, hasArp: true } as const;
  const present: KernelLink = {
    ifname: "liqo.abc",
    mtu: 1340,
    address: "02:4c:0a:50:00:01",
    flags: ["BROADCAST", "UP"],
    linkinfo: { info_kind: "vxlan", info_data: { id: 7, remote: "10.244.1.5", port: 6091 } },
    addr_info: [{ local: "10.80.0.1", prefixlen: 32 }],
  };
  const lines = (kernel: KernelLink[]): string[] => planLinks([wanted], kernel, options).map(({ line }) => line);
  const made = [
    "link add name liqo.abc mtu 1340 txqueuelen 1000 type vxlan id 7 remote 10.244.1.5 dstport 6091 nolearning noudpcsum",
    "link set dev liqo.abc address 02:4c:0a:50:00:01",
    "addr replace 10.80.0.1/32 dev liqo.abc",
    "link set dev liqo.abc up",
  ];

  it("makes what is missing", () => assert.deepEqual(lines([]), made));
  it("leaves alone what is right, and links of others", () => {
    assert.deepEqual(lines([present, { ifname: "liqo-tunnel" }, { ifname: "eth0" }]), []);
  });
  it("turns a link to another end in place, and forgets whom it met there", () => {
    const linkinfo = { info_kind: "vxlan", info_data: { id: 7, remote: "10.244.9.9", port: 6091 } };
    assert.deepEqual(lines([{ ...present, linkinfo }]), [
      "link set dev liqo.abc type vxlan id 7 remote 10.244.1.5",
      "neigh flush dev liqo.abc nud reachable nud stale nud delay nud probe",
    ]);
  });

  it("makes a link anew when it is another one", () => {
    const linkinfo = { info_kind: "vxlan", info_data: { id: 8, remote: "10.244.1.5", port: 6091 } };
    assert.deepEqual(lines([{ ...present, linkinfo }]), ["link del dev liqo.abc", ...made]);
  });

  it("changes MTU and address in place", () => {
    const old = { ...present, mtu: 1500, addr_info: [{ local: "10.80.0.9", prefixlen: 32 }] };
    assert.deepEqual(lines([old]), [
      "addr del 10.80.0.9/32 dev liqo.abc",
      "addr replace 10.80.0.1/32 dev liqo.abc",
      "link set dev liqo.abc mtu 1340",
    ]);
  });
  it("removes stale links", () => {
    assert.deepEqual(lines([present, { ifname: "liqo.old" }]), ["link del dev liqo.old"]);
  });
});

describe("ping", () => {
  it("speaks upstream's JSON", () => {
    const message = { clusterID: "cluster-b", msgType: "PING", timeStamp: "2026-11-23T17:11:33.000Z" } as const;
    assert.equal(
      encodeMessage(message).toString(),
      '{"clusterID":"cluster-b","msgType":"PING","timeStamp":"2026-11-23T17:11:33.000Z"}',
    );
    assert.deepEqual(decodeMessage(encodeMessage(message)), message);
  });
  for (const text of [
    "",
    "{",
    "null",
    "[]",
    '{"clusterID":1}',
    '{"clusterID":"a","timeStamp":"t","msgType":"X"}',
    "x".repeat(2_000),
  ]) {
    it(`ignores ${JSON.stringify(text.slice(0, 40))}`, () => assert.equal(decodeMessage(Buffer.from(text)), undefined));
  }
  it("writes when the value flips, and otherwise once an interval", () => {
    const at = Date.parse("2026-11-23T17:11:33Z");
    const shown = { value: "Connected", latency: { value: "1ms", timestamp: "2026-11-23T17:11:33Z" } };
    const connected = { value: "Connected", latencyMs: 1 } as const;
    assert.equal(isWorthWriting(undefined, { value: "Connecting" }, at, 10_000), true);
    assert.equal(isWorthWriting(shown, connected, at + 9_999, 10_000), false);
    assert.equal(isWorthWriting(shown, connected, at + 10_000, 10_000), true);
    assert.equal(isWorthWriting(shown, { value: "Error" }, at + 1, 10_000), true);
    assert.equal(isWorthWriting({ ...shown, value: "Error" }, { value: "Error" }, at + 9_999, 10_000), false);
    assert.equal(isWorthWriting({ ...shown, value: "Error" }, { value: "Error" }, at + 10_000, 10_000), true);
  });
});

describe("wireguard", () => {
  it("gives the endpoint to clients only and allows everything through the one peer", () => {
    assert.equal(
      renderConfig({ privateKey: KEY, peer: { publicKey: KEY, endpoint: "172.31.0.11:30571" } }),
      `[Interface]\nPrivateKey = ${KEY}\n[Peer]\nPublicKey = ${KEY}\nAllowedIPs = 0.0.0.0/0\nEndpoint = 172.31.0.11:30571\n`,
    );
    assert.equal(
      renderConfig({ privateKey: KEY, listenPort: 51840 }),
      `[Interface]\nPrivateKey = ${KEY}\nListenPort = 51840\n`,
    );
    assert.throws(() => renderConfig({ privateKey: KEY, peer: { publicKey: "x\n[Peer]" } }), /not 32 bytes/);
  });
  it("reads a dump", () => {
    const dump = `private\tpublic\t51840\toff\n${KEY}\t(none)\t1.2.3.4:5\t0.0.0.0/0\t1700000000\t10\t20\toff\n`;
    const peer = { publicKey: KEY, endpoint: "1.2.3.4:5", lastHandshake: 1_700_000_000 };
    assert.deepEqual(parseDump(dump), [{ ...peer, receivedBytes: 10, sentBytes: 20 }]);
    assert.deepEqual(parseDump("private\tpublic\t51840\toff\n"), []);
  });
});

describe("internal node", () => {
  it("keeps an address that no gateway shows any more, and writes only changes", () => {
    assert.deepEqual(changedNodeIp({}, { local: "10.244.1.1" }), { local: "10.244.1.1" });
    assert.equal(changedNodeIp({ local: "10.244.1.1" }, { local: "10.244.1.1" }), undefined);
    assert.deepEqual(changedNodeIp({ local: "a" }, { remote: "b" }), { local: "a", remote: "b" });
  });
});

describe("isLive", () => {
  const unready = (time: string) => ({
    status: { conditions: [{ type: "Ready", status: "False", lastTransitionTime: time }] },
  });
  const now = Date.parse("2026-01-01T00:02:00Z");
  for (const [what, pod, expected] of [
    ["a running pod", { status: { phase: "Running" } }, true],
    ["a finished pod", { status: { phase: "Failed" } }, false],
    ["a pod being deleted", { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } }, false],
    ["a pod unready for a while", unready("2026-01-01T00:00:00Z"), false],
    ["a pod unready just now", unready("2026-01-01T00:01:30Z"), true],
  ] as const) {
    it(`${what}: ${expected}`, () => assert.equal(isLive(structuredClone(pod) as never, now), expected));
  }
});

describe("flags", () => {
  const required = [
    "--name=b",
    "--namespace=n",
    "--remote-cluster-id=b",
    "--node-name=x",
    "--pod-name=p",
    "--gateway-uid=u",
  ];
  it("takes those of upstream's template", () => {
    const options = parseGatewayOptions([
      ...required,
      ...["--mode=client", "--endpoint-address=172.31.0.11", "--endpoint-ports=30571,30572", "--mtu=1400"],
      ...["--ping-interval=2s", "--leader-election=false", "--health-probe-bind-address=:8083"],
    ]);
    assert.deepEqual(options.endpoint, { addresses: ["172.31.0.11"], port: 30571 });
    assert.deepEqual([options.mtu, options.healthPort, options.ping?.intervalMs], [1400, 8083, 2_000]);
    assert.equal(options.leaderElection, undefined);
  });
  for (const [flags, ms] of [
    [[], 120_000],
    [["--mtu-probe-interval=5s"], 5_000],
    [["--mtu-probe-interval=0s"], undefined],
  ] as const)
    it(`measures the MTU every ${ms} ms with ${flags.join("")}`, () => {
      assert.equal(parseGatewayOptions([...required, "--mode=server", ...flags]).mtuIntervalMs, ms);
    });
  for (const [args, message] of [
    [["--mode=server", "--container-name=gateway"], /container-name/],
    [["--mode=neither"], /invalid argument "neither" for "--mode" flag: use server or client/],
    [["--mode=client"], /required flag\(s\) "endpoint-address" not set/],
    [["--mode=server", "--mtu=big"], /invalid argument "big" for "--mtu" flag: use a whole number/],
  ] as const) {
    it(`refuses ${args.join(" ")}`, () => assert.throws(() => parseGatewayOptions([...required, ...args]), message));
  }
});

describe("ip", () => {
  it("finds which lines of a batch failed and why", () => {
    const stderr =
      'Error: Nexthop has invalid gateway.\nCommand failed -:2\nCannot find device "x"\nCommand failed -:4\n';
    assert.deepEqual(parseBatchFailures(stderr), [
      { line: 1, message: "Error: Nexthop has invalid gateway." },
      { line: 3, message: 'Cannot find device "x"' },
    ]);
  });
  for (const [line, expected] of [
    ["Deleted 10.0.0.0/8 via 10.1.0.1 dev eth0 proto 144", true],
    ["7: liqo.abc: <BROADCAST,UP> mtu 1340", true],
    ["10.0.0.0/8 via 10.1.0.1 dev eth0 table 4000 proto 144", false],
  ] as const) {
    it(`${line}: ${expected}`, () => assert.equal(isOfInterest(line), expected));
  }
});
