import assert from "node:assert/strict";
import { test } from "node:test";
import { walk } from "../why/link.ts";
import { isHidden } from "../why/seen.ts";
import { testChain } from "../why/testing/cases.ts";
import { type Traced, traceChain } from "./chain.ts";
import type { Observation } from "./observed.ts";
import { SIDES, sideOf, wholeTrace } from "./testing/two-sides.ts";

type Change = (seen: Observation) => Observation;

/** As machine `at` would have told it, and those behind it, which see nothing of what is lost. */
function changed(at: number, change: Change): Traced {
  const whole = wholeTrace();
  const machines = whole.observed.machines.map((machine, i) =>
    i === at && !isHidden(machine) ? change(machine) : machine,
  );
  return {
    ...whole,
    observed: { ...whole.observed, machines, probe: { connected: "silent", says: "no answer", ms: 2_500 } },
  };
}

const without =
  (flow: string, way?: string, most?: number): Change =>
  (seen) => ({
    ...seen,
    seen: seen.seen.filter(
      (each) => each.flow !== flow || (way !== undefined && each.way !== way) || each.length < (most ?? 0),
    ),
  });
const facts =
  (more: Partial<Observation["facts"]>, then: Change): Change =>
  (seen) =>
    then({ ...seen, facts: { ...seen.facts, ...more } });

const LOST = without("ask", "left");
const hidden = (at: readonly number[], probe: Traced["observed"]["probe"]): Traced => {
  const whole = wholeTrace();
  const machines = whole.observed.machines.map((machine, i) => (at.includes(i) ? { hidden: "forbidden" } : machine));
  return { ...whole, observed: { ...whole.observed, machines, probe } };
};

test("a packet that passes everywhere has a line for each hop, there and back", () => {
  const links = walk(traceChain(wholeTrace()));
  const way = ["node", "overlay", "gateway", "tunnel", "gateway", "overlay"];
  assert.deepEqual(
    links.map(({ link }) => link),
    ["path", ...way, "node", "pod", ...way.map((link) => `← ${link}`), "answer"],
  );
  assert.ok(links.every(({ state }) => state === "ok"));
  assert.match(
    links[3]?.says ?? "",
    /destination 10.245.1.3 → 10.244.1.3 \(FirewallConfiguration rome-remap-podcidr\), by liqo-tunnel \(RouteConfiguration rome-gw-ext\)/,
  );
  assert.match(
    links[5]?.says ?? "",
    /source 10.244.0.4 → 10.245.0.4 \(FirewallConfiguration milan-remap-podcidr\), by liqo.node-2 \(RouteConfiguration node-2-gw-node\)/,
  );
});

testChain(traceChain, [
  [
    "no rule at the node",
    changed(0, facts({ rules: [] }, LOST)),
    "broken",
    "node",
    /routing rule to 10.245.0.0\/16 of RouteConfiguration rome-node-gw/,
  ],
  [
    "no route at the node",
    changed(0, facts({ routes: [{ dev: "eth0" }] }, LOST)),
    "broken",
    "node",
    /the route to 10.245.1.3 by liqo.to-rome of RouteConfiguration rome-node-gw: the packet goes by eth0/,
  ],
  ["no link at the node", changed(0, facts({ links: [] }, LOST)), "broken", "node", /there is no link liqo.to-rome/],
  [
    "lost in the overlay",
    changed(1, without("ask")),
    "broken",
    "overlay",
    /leaves milan\/node-1 by liqo.to-rome, and does not come to milan\/gw-rome/,
    /UDP 6091/,
  ],
  [
    "no translation",
    changed(1, facts({ tables: {} }, LOST)),
    "broken",
    "gateway",
    /gw-rome: its kernel does not have rule rome-outgoing-\S+ of FirewallConfiguration rome-remap-podcidr/,
  ],
  [
    "refused by the kernel",
    changed(1, facts({ routes: [{ error: "unreachable" }] }, LOST)),
    "broken",
    "gateway",
    /the route to 10.244.1.3 by liqo-tunnel of RouteConfiguration rome-gw-ext: unreachable/,
  ],
  [
    "lost in the tunnel",
    changed(2, without("ask")),
    "broken",
    "tunnel",
    /does not come to rome\/gw-milan; the Connection says Connected/,
    /UDP passes/,
  ],
  [
    "long packets lost in the tunnel",
    changed(2, without("full", "arrived")),
    "broken",
    "tunnel",
    /those of 1340 bytes do not/,
  ],
  [
    "a narrow link",
    changed(2, facts({ links: [{ name: "liqo.node-2", isUp: true, mtu: 1000 }] }, without("full", "left"))),
    "broken",
    "gateway",
    /liqo.node-2 of rome\/gw-milan has MTU 1000/,
  ],
  [
    "no reason at all",
    changed(2, LOST),
    "broken",
    "gateway",
    /gw-milan: the packet 10.244.0.4 → 10.244.1.3 comes, and is not sent on/,
  ],
  ["a node that hands nothing over", changed(3, LOST), "broken", "node", /node-2: the packet/],
  [
    "a policy",
    { ...changed(3, LOST), policies: { egress: undefined, ingress: { selecting: ["shut"], isAllowed: false } } },
    "broken",
    "policy",
    /NetworkPolicy shut: this ingress of far is not allowed/,
  ],
  [
    "a policy of the sender",
    { ...wholeTrace(), policies: { egress: { selecting: ["shut"], isAllowed: false }, ingress: undefined } },
    "broken",
    "policy",
    /NetworkPolicy shut: this egress of near is not allowed/,
  ],
  [
    "a pod that does not answer",
    changed(3, without("answer", "arrived")),
    "broken",
    "pod",
    /far does not answer at all on TCP 80/,
  ],
  [
    "an answer that is lost",
    changed(2, without("answer")),
    "broken",
    "← overlay",
    /leaves rome\/node-2 by liqo.to-milan, and does not come to rome\/gw-milan/,
  ],
  ["an answer that is lost at last", changed(9, (seen) => seen), "broken", "answer", /is not back at near: no answer/],
  [
    "long answers that are lost",
    changed(1, without("return", "arrived")),
    "broken",
    "← tunnel",
    /those of 1340 bytes do not/,
  ],
  [
    "nobody listens",
    {
      ...wholeTrace(),
      observed: { ...wholeTrace().observed, probe: { connected: "refused", says: "ECONNREFUSED", ms: 1 } },
    },
    "broken",
    "pod",
    /nothing in far listens on TCP 80/,
  ],
  [
    "half of it hidden, and an answer",
    hidden([2, 3], { connected: "open", says: "connected", ms: 1 }),
    "ok",
    "answer",
    /after 1.0 ms/,
  ],
  [
    "half of it hidden, and none",
    unanswered(hidden([2, 3], { connected: "silent", says: "no answer", ms: 1 })),
    "broken",
    "← tunnel",
    /the packet does not come to milan\/gw-rome, and what is before it could not be asked/,
  ],
  [
    "all of it hidden",
    hidden([0, 1, 2, 3], undefined),
    "unknown",
    "node",
    /nothing could be sent in the name of near: forbidden/,
    /pods\/exec/,
  ],
  [
    "a CIDR of the other's that is another one",
    withCidr("10.99.0.0/16"),
    "broken",
    "CIDR",
    /far is 10.244.1.3 at rome, and milan takes 10.99.0.0\/16/,
  ],
  [
    "a pod that has no address here yet",
    { ...wholeTrace(), to: { ...wholeTrace().to, seen: undefined } },
    "broken",
    "CIDR",
    /far, 10.244.1.3 at rome, has no address at milan/,
    /why pod\/far/,
  ],
  ["no gateway", noGateway(), "broken", "gateway", /no gateway for milan runs/],
]);

function unanswered(traced: Traced): Traced {
  const machines = traced.observed.machines.map((each) => (isHidden(each) ? each : without("answer")(each)));
  return { ...traced, observed: { ...traced.observed, machines } };
}

function withCidr(cidr: string): Traced {
  const home = sideOf("home");
  const configuration = structuredClone(home.configuration);
  if (configuration?.spec?.remote?.cidr !== undefined) configuration.spec.remote.cidr.pod = [cidr];
  return wholeTrace({ ...SIDES, home: { ...home, configuration } });
}

function noGateway(): Traced {
  return wholeTrace({ ...SIDES, away: { ...sideOf("away"), gateway: undefined } });
}
