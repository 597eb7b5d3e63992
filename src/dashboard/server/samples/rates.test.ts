import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCounters, ratesOf } from "./rates.ts";

const TEXT = `# HELP liqo_peer_receive_bytes_total Bytes that came from the peer.
liqo_peer_is_connected{driver="wireguard",cluster_id="rome"} 1
liqo_peer_receive_bytes_total{driver="wireguard",cluster_id="rome"} 1500
liqo_peer_transmit_bytes_total{driver="wireguard",cluster_id="rome"} 2.5e+3
`;

test("counters are read from a gateway's metrics", () => {
  assert.deepEqual(parseCounters(TEXT, 7), { atMs: 7, received: 1_500, sent: 2_500 });
});

test("a gateway whose peer is lost tells no counters", () => {
  assert.equal(parseCounters('liqo_peer_is_connected{cluster_id="rome"} 0\n', 7), undefined);
  assert.equal(parseCounters(TEXT.replace("1500", "e+e"), 7), undefined);
});

const at = (atMs: number, received: number, sent: number) => ({ atMs, received, sent });

for (const [what, before, now, rates] of [
  ["bytes per second", at(1_000, 100, 0), at(3_000, 2_100, 500), { received: 1_000, sent: 250 }],
  ["nothing for the first reading", undefined, at(1_000, 1, 1), undefined],
  ["nothing after the gateway began anew", at(1_000, 100, 100), at(2_000, 5, 200), undefined],
  ["nothing for one moment", at(1_000, 1, 1), at(1_000, 2, 2), undefined],
] as const) {
  test(`rates: ${what}`, () => assert.deepEqual(ratesOf(before, now), rates));
}
