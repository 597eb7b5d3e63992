/** From the path that objects describe and what was seen on it to a line for each hop. Pure. */

import { isIn } from "#forge/networking/packet-walk.ts";
import { broken, type Chain, type Link, ok, unknown } from "../why/link.ts";
import { isHidden, REMOTE_HINT, visible } from "../why/seen.ts";
import type { End, Goal } from "./ends.ts";
import { lostBetween, lostFull, lostInside, type Reason } from "./explain.ts";
import {
  type FlowName,
  type LegName,
  type Observation,
  type Observed,
  sightings,
  type View,
  viewsOf,
} from "./observed.ts";
import { isStop, isWrong, type Legs, type Sides, type Stop, saidBy } from "./plan.ts";
import { type PolicyVerdict, policyText } from "./policies.ts";

export interface Traced {
  readonly sides: Sides;
  readonly from: End;
  readonly to: End;
  readonly goal: Goal;
  readonly legs: Legs;
  readonly observed: Observed;
  /** What NetworkPolicies say of the connection, where they could be read. */
  readonly policies: { readonly egress: PolicyVerdict | undefined; readonly ingress: PolicyVerdict | undefined };
}

export function* traceChain(traced: Traced): Chain {
  const { from, to, goal } = traced;
  const port = goal.isMeant ? `, TCP ${goal.port}` : "";
  yield ok("path", `${endText(traced, from)} → ${endText(traced, to)}${port}`);
  yield* cidrLink(traced);
  yield* serviceLink(traced);
  yield* egressLink(traced);
  if (isUnsent(traced)) return yield unsentLink(traced);
  yield* legChain(traced, "there");
  yield* podLink(traced);
  yield* legChain(traced, "back");
  yield* endLink(traced);
}

function clusterName({ sides }: Traced, { side }: End): string {
  const own = visible(sides[side])?.id;
  const other = visible(sides[side === "home" ? "away" : "home"])?.peer;
  return own ?? other ?? side;
}

function endText(traced: Traced, end: End): string {
  const seen = end.seen === undefined || end.seen === end.own ? "" : `, ${end.seen} for the other cluster`;
  return `${end.name} on ${end.node ?? "a node"} of ${clusterName(traced, end)} (${end.own}${seen})`;
}

function* cidrLink({ sides, from, to }: Traced): Chain {
  for (const end of [from, to]) {
    const problem = cidrProblem(sides, end);
    if (problem !== undefined) return yield broken("CIDR", problem.says, problem.hint);
  }
}

/** The other cluster takes the pod's address for none of its peer's pods: it has no place for it, or another pod's. */
export function cidrProblem(sides: Sides, { side, name, own, seen }: End): Reason | undefined {
  const other = visible(sides[side === "home" ? "away" : "home"]);
  if (other === undefined) return undefined;
  const { configuration, id, peer } = other;
  const cidrs = configuration?.spec?.remote?.cidr?.pod ?? [];
  if (cidrs.some((cidr) => isIn(cidr, own)))
    return seen === undefined
      ? { says: `${name}, ${own} at ${peer}, has no address at ${id}`, hint: `liqoctl why pod/${name}` }
      : undefined;
  return {
    says: `${name} is ${own} at ${peer}, and ${id} takes ${cidrs.join(", ") || "nothing"} for the pods of ${peer} (Configuration ${configuration?.metadata?.name ?? "missing"})`,
    hint: `liqoctl network connect writes the CIDRs of each into the other; liqoctl why foreigncluster/${peer}`,
  };
}

function* serviceLink({ goal, to, observed }: Traced): Chain {
  const { service } = goal;
  if (service === undefined) return;
  const what = `${service.name}, ${service.address}:${service.port}`;
  const [machine] = observed.machines;
  if (machine === undefined || isHidden(machine) || observed.serviceProbe === undefined)
    return yield unknown("service", `${what}: what the node makes of it could not be seen`);
  const [left] = sightings(machine, "left", { flow: "service" });
  if (left === undefined || left.dst === service.address)
    return yield broken(
      "service",
      `${what}: the node does not translate it to an endpoint${left === undefined ? `: ${observed.serviceProbe.says}` : ""}`,
      "see kube-proxy of the node; liqoctl why service",
    );
  yield ok("service", `${what} → ${left.dst}${left.dst === to.seen ? "" : `; here ${to.seen} is followed`}`);
}

function* egressLink({ from, policies: { egress } }: Traced): Chain {
  if (egress === undefined || egress.selecting.length === 0) return;
  const says = policyText(from.name, "egress", egress);
  yield egress.isAllowed
    ? ok("policy", says)
    : broken("policy", says, "the probe leaves behind the pod, and does not meet it: change the NetworkPolicy");
}

/** Why a cluster is not asked that nobody has named. */
export const NO_CONTEXT = "no context names that cluster";
const RIGHTS_HINT = "it takes the right to create pods/exec where Liqo's pods are, and to read its networking objects";

/** The objects know the way, and nobody could send: what nobody has seen is not lost. */
function isUnsent({ legs, observed: { probe } }: Traced): boolean {
  return probe === undefined && ![...legs.there, ...legs.back].some(isWrong);
}

function unsentLink({ from, legs, observed: { machines } }: Traced): Link {
  const [step, machine] = [legs.there[0], machines[0]];
  const hidden = step !== undefined && "hidden" in step ? step.hidden : undefined;
  const reason = hidden ?? (isHidden(machine) ? machine.hidden : "liqo-trace there does not answer");
  return unknown("node", `nothing could be sent in the name of ${from.name}: ${reason}`, hintFor(reason));
}

const FLOW: Readonly<Record<LegName, { readonly small: FlowName; readonly full: FlowName }>> = {
  there: { small: "ask", full: "full" },
  back: { small: "answer", full: "return" },
};

interface Seeing {
  readonly stop: Stop;
  readonly seen: Observation;
}

function* legChain(traced: Traced, leg: LegName): Chain {
  const views = viewsOf(traced.legs, leg, traced.observed);
  let before: Seeing | undefined;
  for (const [at, view] of views.entries()) {
    const { step, observation } = view;
    const name = nameOf(leg, step.role);
    if (isWrong(step)) return yield broken(name, `${step.name}: ${step.problem}`, step.hint);
    const seeing = isStop(step) && !isHidden(observation) ? { stop: step, seen: observation } : undefined;
    if (seeing === undefined) {
      yield hiddenLink(traced, view, name);
      before = undefined;
      continue;
    }
    if (at > 0) yield* arrival(traced, leg, before, seeing);
    if (!(leg === "back" && at === views.length - 1)) yield* departure(traced, leg, seeing);
    before = seeing;
  }
}

function nameOf(leg: LegName, word: string): string {
  return leg === "there" ? word : `← ${word}`;
}

function hiddenLink({ observed: { probe } }: Traced, { step, observation }: View, name: string): Link {
  const where = isStop(step) ? step.name : `the ${step.role} of the other cluster`;
  const hidden = "hidden" in step ? step.hidden : isHidden(observation) ? observation.hidden : undefined;
  // The objects are at fault further on, and nothing was sent.
  if (probe === undefined && isStop(step)) return ok(name, `${describe(step)}, as the objects have it`);
  const isThrough = probe?.connected === "open" || probe?.connected === "refused";
  const reason = hidden ?? "";
  return isThrough
    ? ok(name, `${where} let it pass, as the answer shows; it could not be asked itself: ${reason}`)
    : unknown(name, `${where} could not be asked: ${reason}`, hintFor(reason));
}

function hintFor(reason: string): string | undefined {
  if (reason === NO_CONTEXT) return REMOTE_HINT;
  return reason.includes("forbidden") ? RIGHTS_HINT : undefined;
}

function* arrival(traced: Traced, leg: LegName, before: Seeing | undefined, here: Seeing): Chain {
  const { small, full } = FLOW[leg];
  const isTunnel = here.stop.role === "gateway" && (before?.stop.role ?? "gateway") === "gateway";
  const name = nameOf(leg, isTunnel ? "tunnel" : "overlay");
  const { iif } = here.stop;
  const side = visible(traced.sides[here.stop.side]);
  const { fullBytes, hasFull } = traced.observed;
  if (sightings(here.seen, "arrived", { flow: small, link: iif }).length === 0) {
    const { says, hint } = lostBetween(before, here, side?.connectionState);
    return yield broken(name, says, hint);
  }
  if (hasFull[leg] && sightings(here.seen, "arrived", { flow: full, link: iif, bytes: fullBytes }).length === 0) {
    const { says, hint } = lostFull(fullBytes, before === undefined ? [here] : [before, here]);
    return yield broken(name, says, hint);
  }
  const latency = side?.connectionState === "Connected" ? side.connection?.status?.latency?.value : undefined;
  yield ok(
    name,
    isTunnel
      ? `to ${here.stop.name}${hasFull[leg] ? `, packets of up to ${fullBytes} bytes` : ""}${latency === undefined || leg === "back" ? "" : `, ${latency} there and back`}`
      : `to ${here.stop.name} by ${before?.stop.oif ?? "the overlay"}`,
  );
}

function* departure(traced: Traced, leg: LegName, { stop, seen }: Seeing): Chain {
  const { small, full } = FLOW[leg];
  const name = nameOf(leg, stop.role);
  const { oif, after } = stop;
  const wanted = { link: oif, src: after.src, dst: after.dst };
  const isLast = oif === undefined;
  if (sightings(seen, "left", { flow: small, ...wanted }).length === 0) {
    const { ingress } = traced.policies;
    const isDenied = isLast && ingress?.isAllowed === false;
    const { says, hint } = lostInside(stop, seen, leg, small);
    return isDenied
      ? yield broken("policy", policyText(traced.to.name, "ingress", ingress), "change the NetworkPolicy")
      : yield broken(name, says, hint);
  }
  // Whether the pod itself takes long datagrams is its own business and its policies'.
  const { fullBytes, hasFull } = traced.observed;
  const isCut = sightings(seen, "left", { flow: full, link: oif, bytes: fullBytes }).length === 0;
  if (!isLast && hasFull[leg] && isCut) {
    const { says, hint } = lostFull(fullBytes, [{ stop, seen }]);
    return yield broken(name, says, hint);
  }
  yield ok(name, describe(stop));
}

/** What becomes of the packet at a machine, and who says so. */
function describe(stop: Stop): string {
  const { name, oif, before, after, route } = stop;
  const changed = [
    ...(before.src === after.src ? [] : [`source ${before.src} → ${after.src}`]),
    ...(before.dst === after.dst ? [] : [`destination ${before.dst} → ${after.dst}`]),
  ];
  const addresses = changed.length === 0 ? `${after.src} → ${after.dst} ` : `${changed.join(", ")}${saidBy(stop)}, `;
  return `${name}: ${addresses}${oif === undefined ? "to the pod" : `by ${oif}`}${route === undefined ? "" : ` (${route})`}`;
}

function* podLink({ to, goal, legs, observed, policies: { ingress } }: Traced): Chain {
  const step = legs.back[0];
  const machine = observed.machines[3];
  const { probe } = observed;
  if (probe === undefined) return yield unknown("pod", `${to.name} was not asked`);
  const isVisible = step !== undefined && isStop(step) && machine !== undefined && !isHidden(machine);
  if (isVisible && sightings(machine, "arrived", { flow: "answer", src: to.own }).length === 0)
    return yield ingress?.isAllowed === false
      ? broken("policy", policyText(to.name, "ingress", ingress), "change the NetworkPolicy")
      : broken("pod", `${to.name} does not answer at all on TCP ${goal.port}`, podHint(to));
  if (probe.connected === "refused" && goal.isMeant)
    return yield broken("pod", `nothing in ${to.name} listens on TCP ${goal.port}`, podHint(to));
  if (probe.connected === "open") return yield ok("pod", `${to.name} answers on TCP ${goal.port}`);
  if (probe.connected === "refused") return yield ok("pod", `${to.name} answers; its spec names no port to ask for`);
  yield isVisible
    ? ok("pod", `${to.name} answers on TCP ${goal.port}`)
    : unknown("pod", `whether ${to.name} answers could not be seen: ${probe.says}`);
}

function podHint({ name }: End): string {
  return `see what it listens on, and on which address: kubectl exec ${name} -- ss -tln; liqoctl why pod/${name}`;
}

function* endLink({ from, observed: { probe } }: Traced): Chain {
  if (probe === undefined)
    return yield unknown("answer", "nothing was sent", "nobody can send for a pod whose node cannot be asked");
  const isThrough = probe.connected === "open" || probe.connected === "refused";
  yield isThrough
    ? ok("answer", `is back at ${from.name} after ${probe.ms.toFixed(1)} ms`)
    : broken("answer", `is not back at ${from.name}: ${probe.says}`, "run it again: packets may be lost now and then");
}
