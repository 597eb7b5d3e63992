import assert from "node:assert/strict";
import { test } from "node:test";
import { renderMetrics, statisticsOfPeer } from "./metrics.ts";

const values = (text: string): string[] => text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
const statistics = { receivedBytes: 11, sentBytes: 22, handshakeMs: 0 } as unknown as NonNullable<
  Parameters<typeof renderMetrics>[0]["statistics"]
>;

test("a connected peer: its bytes and its latency, by upstream's names", () => {
  const text = renderMetrics({
    remoteClusterId: "rome",
    state: { value: "Connected", latencyMs: 1.2345 },
    statistics,
    implementation: "kernel",
  });
  assert.deepEqual(values(text), [
    'liqo_peer_is_connected{driver="wireguard",cluster_id="rome"} 1',
    'liqo_wireguard_implementation{driver="wireguard",implementation="kernel"} 1',
    'liqo_peer_receive_bytes_total{driver="wireguard",cluster_id="rome"} 11',
    'liqo_peer_transmit_bytes_total{driver="wireguard",cluster_id="rome"} 22',
    'liqo_peer_latency_us{driver="wireguard",cluster_id="rome"} 1235',
  ]);
  assert.match(text, /^# TYPE liqo_peer_receive_bytes_total counter$/m);
  assert.match(text, /^# TYPE liqo_peer_latency_us gauge$/m);
});

for (const value of ["Connecting", "Error"] as const)
  test(`a peer that is ${value}: only that it is not connected`, () => {
    const reading = { remoteClusterId: "rome", state: { value }, statistics, implementation: undefined };
    assert.deepEqual(values(renderMetrics(reading)), [
      'liqo_peer_is_connected{driver="wireguard",cluster_id="rome"} 0',
    ]);
  });

test("pings, by what came of them, of a lost peer, too", () => {
  const reading = { remoteClusterId: "rome", statistics: undefined, implementation: undefined };
  assert.deepEqual(
    values(renderMetrics({ ...reading, state: { value: "Error" }, pings: { answered: 7, lost: 2 } })).slice(1),
    [
      'liqo_peer_pings_total{driver="wireguard",cluster_id="rome",result="answered"} 7',
      'liqo_peer_pings_total{driver="wireguard",cluster_id="rome",result="lost"} 2',
    ],
  );
});

test("where there is a TCP port: by what the peer is reached", () => {
  const state = { value: "Connecting" } as const;
  const reading = { remoteClusterId: "rome", state, statistics: undefined, implementation: undefined };
  const line = 'liqo_peer_carrier{driver="wireguard",cluster_id="rome",carrier="TCP"} 1';
  assert.ok(values(renderMetrics({ ...reading, carrier: "TCP" })).includes(line));
});

test("several tunnels: each by its device, and the peer's bytes are those of all", () => {
  const tunnels = [
    { interface: "liqo-tunnel", port: 1, value: "Connected", inUse: true, statistics },
    { interface: "liqo-tunnel1", port: 2, value: "Error", inUse: false, statistics },
    { interface: "liqo-tunnel2", port: 3, value: "Connecting", inUse: false },
  ] as const;
  const state = { value: "Connected", latencyMs: 1 } as const;
  const sum = statisticsOfPeer(statistics, tunnels);
  const lines = values(
    renderMetrics({ remoteClusterId: "rome", state, statistics: sum, implementation: undefined, tunnels }),
  );
  assert.ok(lines.includes('liqo_peer_receive_bytes_total{driver="wireguard",cluster_id="rome"} 22'));
  const of = (name: string) => lines.filter((line) => line.startsWith(name)).map((line) => line.split(" ")[1]);
  assert.deepEqual(of("liqo_tunnel_is_connected"), ["1", "0", "0"]);
  assert.deepEqual(of("liqo_tunnel_in_use"), ["1", "0", "0"]);
  assert.deepEqual(of("liqo_tunnel_transmit_bytes_total"), ["22", "22", "0"]);
  assert.ok(lines.includes('liqo_tunnel_in_use{driver="wireguard",cluster_id="rome",device="liqo-tunnel1"} 0'));
});

test("of one tunnel the peer's bytes are its own", () => {
  assert.equal(statisticsOfPeer(statistics, undefined), statistics);
});
