import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCounters, ratesOf } from "./rates.ts";

const TEXT = `# HELP liqo_peer_receive_bytes_total Bytes that came from the peer.
liqo_peer_is_connected{driver="wireguard",cluster_id="rome"} 1
liqo_peer_receive_bytes_total{driver="wireguard",cluster_id="rome"} 1500
liqo_peer_transmit_bytes_total{driver="wireguard",cluster_id="rome"} 2.5e+3
liqo_peer_pings_total{driver="wireguard",cluster_id="rome",result="answered"} 40
liqo_peer_pings_total{driver="wireguard",cluster_id="rome",result="lost"} 2
`;

test("counters are read from a gateway's metrics", () => {
  assert.deepEqual(parseCounters(TEXT, 7), { atMs: 7, received: 1_500, sent: 2_500, answered: 40, lost: 2 });
});

test("a gateway whose peer is lost tells no counters", () => {
  assert.equal(parseCounters('liqo_peer_is_connected{cluster_id="rome"} 0\n', 7), undefined);
  assert.equal(parseCounters(TEXT.replace("1500", "e+e"), 7), undefined);
});

const at = (atMs: number, received: number, sent: number, answered = 0, lost = 0) => {
  return { atMs, received, sent, answered, lost };
};

for (const [what, before, now, rates] of [
  ["bytes per second", at(1_000, 100, 0), at(3_000, 2_100, 500), { received: 1_000, sent: 250 }],
  ["lost pings", at(0, 0, 0, 10, 1), at(1_000, 0, 0, 13, 2), { received: 0, sent: 0, loss: 0.25 }],
  ["nothing for the first reading", undefined, at(1_000, 1, 1), undefined],
  ["nothing after the gateway began anew", at(1_000, 100, 100), at(2_000, 5, 200), undefined],
  ["nothing for one moment", at(1_000, 1, 1), at(1_000, 2, 2), undefined],
] as const) {
  test(`rates: ${what}`, () => assert.deepEqual(ratesOf(before, now), rates));
}
