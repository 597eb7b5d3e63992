import assert from "node:assert/strict";
import { test } from "node:test";
import { isInterfaceSet, parseDump, parseInterface, peerChanges } from "./config.ts";

const KEY = `${"A".repeat(43)}=`;
const PEER = `${"B".repeat(43)}=`;
const OTHER = `${"C".repeat(43)}=`;
const AT = "192.0.2.7:51840";

const dump = (...peers: readonly string[]): string =>
  [`${KEY}\tpublic\t51840\toff`, ...peers.map((each) => `${each}\t0.0.0.0/0\t1\t10\t20\toff`)].join("\n");
const peer = (key: string, endpoint = "(none)"): string => `${key}\t(none)\t${endpoint}`;

for (const [name, wanted, present, expected] of [
  ["nobody is left alone", undefined, [], []],
  ["who is as wanted is left alone", { publicKey: PEER }, [peer(PEER)], []],
  ["where a client is, its server is not told", { publicKey: PEER }, [peer(PEER, AT)], []],
  ["a new one is added", { publicKey: PEER, endpoint: AT }, [], [`peer ${PEER} allowed-ips 0.0.0.0/0 endpoint ${AT}`]],
  ["one without an address waits", { publicKey: PEER }, [], [`peer ${PEER} allowed-ips 0.0.0.0/0`]],
  [
    "one that moved is dialled there",
    { publicKey: PEER, endpoint: AT },
    [peer(PEER, "192.0.2.8:51840")],
    [`peer ${PEER} allowed-ips 0.0.0.0/0 endpoint ${AT}`],
  ],
  [
    "another key is another peer",
    { publicKey: PEER },
    [peer(OTHER, AT)],
    [`peer ${OTHER} remove`, `peer ${PEER} allowed-ips 0.0.0.0/0`],
  ],
  [
    "who is not wanted is removed",
    undefined,
    [peer(PEER), peer(OTHER)],
    [`peer ${PEER} remove`, `peer ${OTHER} remove`],
  ],
] as const)
  test(name, () => {
    const changes = peerChanges(wanted, parseDump(dump(...present)));
    assert.deepEqual(
      changes.map((words) => words.join(" ")),
      expected,
    );
  });

test("a key that is none is refused before anything is set", () => {
  assert.throws(() => peerChanges({ publicKey: "x; rm" }, []), /not 32 bytes/);
});

test("the interface is as wanted by its key, and a server by its port", () => {
  const present = parseInterface(dump());
  assert.equal(isInterfaceSet({ privateKey: KEY, listenPort: 51_840 }, present), true);
  assert.equal(isInterfaceSet({ privateKey: KEY }, present), true);
  assert.equal(isInterfaceSet({ privateKey: KEY, listenPort: 51_841 }, present), false);
  assert.equal(isInterfaceSet({ privateKey: OTHER }, present), false);
  assert.equal(isInterfaceSet({ privateKey: KEY }, parseInterface("(none)\t(none)\t0\toff\n")), false);
});
