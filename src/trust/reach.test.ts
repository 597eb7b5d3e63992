import assert from "node:assert/strict";
import { test } from "node:test";
import { PERMANENTLY_UNREACHABLE } from "#api/annotations.ts";
import type { ForeignCluster } from "#api/core/foreigncluster.ts";
import { IDENTITY_REFUSED, isConnected, isGivenUp, isSilent, planFarewell } from "./reach.ts";

type ApiServer = "Established" | "Error" | undefined;

const refusing: ForeignCluster = {
  metadata: { name: "rome" },
  status: {
    role: "Provider",
    conditions: [{ type: "APIServerStatus", status: "Established" }],
    modules: {
      authentication: {
        enabled: true,
        conditions: [{ type: "AuthIdentityControlPlaneStatus", status: "NotReady", reason: IDENTITY_REFUSED }],
      },
      networking: { enabled: false },
      offloading: { enabled: false },
    },
  },
};

function peer(apiServer: ApiServer, declared?: string): ForeignCluster {
  const conditions = apiServer === undefined ? [] : [{ type: "APIServerStatus" as const, status: apiServer }];
  return {
    metadata: { name: "rome", ...(declared !== undefined && { annotations: { [PERMANENTLY_UNREACHABLE]: declared } }) },
    status: { role: "Provider", conditions },
  };
}

const AT_MS = 1_000_000;

const cases: [string, ForeignCluster | undefined, boolean, boolean, object, object][] = [
  ["an unknown peer", undefined, false, false, { do: "keep" }, { do: "keep" }],
  ["one that answers", peer("Established"), false, false, { do: "keep" }, { do: "keep" }],
  ["one that answers as to a stranger", refusing, true, false, { do: "keep" }, { do: "keep" }],
  ["one that is silent may come back", peer("Error"), true, false, { do: "keep" }, { do: "keep" }],
  ["a declaration taken back", peer("Error", "false"), true, false, { do: "keep" }, { do: "keep" }],
  ["declared gone and silent", peer("Error", "true"), true, true, { do: "release" }, { do: "release" }],
  [
    "declared gone, but answers: the usual way first",
    peer("Established", "true"),
    false,
    false,
    { do: "wait", ms: 9_000 },
    { do: "release" },
  ],
  [
    "declared gone, and nobody asks it any more",
    peer(undefined, "true"),
    false,
    true,
    { do: "wait", ms: 9_000 },
    { do: "release" },
  ],
];

for (const [name, seen, silent, givenUp, soon, later] of cases) {
  test(name, () => {
    assert.equal(isSilent(seen), silent);
    assert.equal(isGivenUp(seen), givenUp);
    const farewell = { peer: seen, canBeTold: true, deletedMs: AT_MS };
    assert.deepEqual(planFarewell(farewell, AT_MS + 1_000), soon);
    assert.deepEqual(planFarewell(farewell, AT_MS + 10_000), later);
  });
}

test("without an identity nobody tells the peer any more: what waits for it goes after a while", () => {
  const farewell = { peer: peer("Established"), canBeTold: false, deletedMs: AT_MS };
  assert.deepEqual(planFarewell(farewell, AT_MS + 1_000), { do: "wait", ms: 9_000 });
  assert.deepEqual(planFarewell(farewell, AT_MS + 10_000), { do: "release" });
});

for (const [status, expected] of [
  ["Established", true],
  // One node's fault is not that of all, and a gateway that is cut off from its API server goes on.
  ["SomeNotReady", true],
  ["Unknown", true],
  ["Pending", false],
  ["Error", false],
  ["NotReady", false],
] as const)
  test(`a network that is ${status} ${expected ? "keeps endpoints and virtual node" : "does not"}`, () => {
    const networking = { enabled: true, conditions: [{ type: "NetworkConnectionStatus" as const, status }] };
    const off = { enabled: false };
    const modules = { authentication: off, networking, offloading: off };
    assert.equal(isConnected({ status: { role: "Provider", modules } }), expected);
  });
