import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { GROUP, type KernelNexthop, type Nexthop, planNexthops } from "./nexthops.ts";

const [ID_0, ID_1, ID_2] = [GROUP + 1, GROUP + 2, GROUP + 3] as const;
const FIRST: Nexthop = { index: 0, gw: "169.254.18.1", dev: "liqo-tunnel" };
const SECOND: Nexthop = { index: 1, gw: "169.254.18.5", dev: "liqo-tunnel1" };
const SET_FIRST = `nexthop replace id ${ID_0} via 169.254.18.1 dev liqo-tunnel proto 144`;
const SET_SECOND = `nexthop replace id ${ID_1} via 169.254.18.5 dev liqo-tunnel1 proto 144`;
const group = (...ids: readonly number[]): KernelNexthop => ({ id: GROUP, group: ids.map((id) => ({ id })) });
const hop = ({ gw, dev, index }: Nexthop): KernelNexthop => ({ id: GROUP + 1 + index, gateway: gw, dev });

describe("the group of next hops", () => {
  for (const [what, wanted, kernel, commands] of [
    [
      "is made after its members",
      [FIRST, SECOND],
      [],
      [SET_FIRST, SET_SECOND, `nexthop replace id ${GROUP} group ${ID_0}/${ID_1} proto 144`],
    ],
    ["stays as it is", [FIRST, SECOND], [hop(FIRST), hop(SECOND), group(ID_1, ID_0)], []],
    [
      "loses a member before that is deleted",
      [SECOND],
      [hop(FIRST), hop(SECOND), group(ID_0, ID_1)],
      [`nexthop replace id ${GROUP} group ${ID_1} proto 144`, `nexthop del id ${ID_0}`],
    ],
    [
      "gets a member back whose interface was gone",
      [FIRST, SECOND],
      [hop(FIRST), group(ID_0)],
      [SET_SECOND, `nexthop replace id ${GROUP} group ${ID_0}/${ID_1} proto 144`],
    ],
    [
      "is told of a member that leads elsewhere",
      [FIRST],
      [{ ...hop(FIRST), dev: "eth0" }, group(ID_0)],
      [SET_FIRST, `nexthop replace id ${GROUP} group ${ID_0} proto 144`],
    ],
    [
      "leaves what others have",
      [FIRST],
      [hop(FIRST), group(ID_0), { id: 7, gateway: "192.0.2.1", dev: "eth0" }, { id: ID_2 + 100 }],
      [],
    ],
  ] as readonly (readonly [string, readonly Nexthop[], readonly KernelNexthop[], readonly string[]])[])
    test(what, () => assert.deepEqual(planNexthops(wanted, kernel), commands));
});
