/** Sends the probes of a trace and has every machine on the way tell what it saw of them. */
import { randomBytes, randomInt } from "node:crypto";
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import type { ObjectKey } from "#machinery/meta.ts";
import type { Facts, TraceAnswer, TraceRequest } from "#wire/path-trace.ts";
import { isHidden, look, type Seen, visible } from "../why/seen.ts";
import { NO_CONTEXT } from "./chain.ts";
import type { End, Goal } from "./ends.ts";
import { flowsOf, type Observation, type Observed, type Ports, questionsFor } from "./observed.ts";
import { isStop, type Legs, type Role } from "./plan.ts";
import { openSession, type Session } from "./session.ts";
import type { SideName, SideObjects } from "./sides.ts";

const CONNECT_MS = 2_500;
/** One of them may be lost. */
const TRIES = 3;
/** Above what kernels give to those who name none. */
const FIRST_PORT = 61_000;
const LAST_PORT = 65_500;

export function choosePorts(): Ports {
  const first = randomInt(FIRST_PORT, LAST_PORT - 5);
  return { ask: first, service: first + 1, datagrams: first + 2, full: first + 3, fullBack: first + 4 };
}

export interface Looking {
  readonly legs: Legs;
  readonly from: End;
  readonly to: End;
  readonly goal: Goal;
  readonly ports: Ports;
  readonly fullBytes: number;
  readonly clients: Readonly<Record<SideName, KubeClient | undefined>>;
  readonly sides: Readonly<Record<SideName, Seen<SideObjects>>>;
}

interface Machine {
  readonly session: Session;
  readonly facts: Facts;
}

export async function lookAtPath(ctx: Context, looking: Looking): Promise<Observed> {
  const id = randomBytes(4).toString("hex");
  const opened = await Promise.all(
    ([0, 1, 2, 3] as const).map((at) => look(openMachine(ctx, looking, at, requestFor(looking, at, id)))),
  );
  try {
    const probes = await probe(ctx, looking, opened);
    const machines = await Promise.all(
      opened.map((machine) => (isHidden(machine) ? machine : look(report(ctx, machine)))),
    );
    return { machines, fullBytes: looking.fullBytes, ...probes };
  } finally {
    for (const machine of opened) visible(machine)?.session[Symbol.dispose]();
  }
}

function requestFor(looking: Looking, at: number, id: string): TraceRequest {
  const { from, to, ports } = looking;
  const sender =
    at === 0
      ? { pod: from.own, tcpPorts: [ports.ask, ports.service], udpPort: ports.datagrams }
      : { pod: to.own, tcpPorts: [], udpPort: ports.datagrams };
  return {
    id,
    flows: flowsOf(ports),
    ...questionsFor(looking.legs, at),
    ...((at === 0 || at === 3) && { sender }),
  };
}

async function openMachine(ctx: Context, looking: Looking, at: 0 | 1 | 2 | 3, request: TraceRequest): Promise<Machine> {
  const end = at < 2 ? looking.from : looking.to;
  const client = looking.clients[end.side];
  const objects = looking.sides[end.side];
  if (isHidden(objects)) throw new Error(objects.hidden);
  if (client === undefined) throw new Error(NO_CONTEXT);
  const { session, first } = await openSession(
    ctx,
    client,
    podOf(objects, at === 0 || at === 3 ? "node" : "gateway", end),
    request,
  );
  if (!("ready" in first)) throw new Error("liqo-trace there speaks another language");
  return { session, facts: first.ready };
}

function podOf({ gateway, fabrics, peer }: SideObjects, role: Role, { node }: End): ObjectKey {
  const pod = role === "gateway" ? gateway : fabrics.find(({ spec }) => spec?.nodeName === node);
  const { name, namespace } = pod?.metadata ?? {};
  if (name === undefined || namespace === undefined)
    throw new Error(role === "gateway" ? `no gateway for ${peer} runs` : `no liqo-fabric runs on ${node}`);
  return { name, namespace };
}

type Probes = Pick<Observed, "probe" | "serviceProbe">;

/** Nothing is sent by a machine that nobody could reach, or whose path the objects do not know. */
async function probe(
  ctx: Context,
  looking: Looking,
  machines: readonly Seen<Machine>[],
): Promise<Probes & Pick<Observed, "hasFull">> {
  const { from, to, ports, legs, fullBytes } = looking;
  const [here, there] = [visible(machines[0]), visible(machines[3])];
  const lengths = Array.from({ length: TRIES }, () => fullBytes);
  const send = async (machine: Machine | undefined, address: string | undefined, port: number): Promise<boolean> => {
    if (machine === undefined || address === undefined) return false;
    const answer = await look(machine.session.order(ctx, { do: "send", to: address, port, lengths }));
    return "sent" in answer && answer.sent > 0;
  };
  const [first] = legs.there;
  const isKnown = first !== undefined && isStop(first);
  const [probes, isSent, isSentBack] = await Promise.all([
    here !== undefined && isKnown ? look(connectFrom(ctx, looking, here.session)) : {},
    isKnown ? send(here, to.seen ?? to.own, ports.full) : false,
    send(there, from.seen, ports.fullBack),
  ]);
  return { probe: undefined, ...visible(probes), hasFull: { there: isSent, back: isSentBack } };
}

async function connectFrom(ctx: Context, { to, goal, ports }: Looking, session: Session): Promise<Probes> {
  const order = { do: "connect", timeoutMs: CONNECT_MS } as const;
  const target = { to: to.seen ?? to.own, port: goal.port, localPort: ports.ask };
  const connected = connectedOf(await session.order(ctx, { ...order, ...target }));
  if (goal.service === undefined) return { probe: connected };
  const { address, port } = goal.service;
  const again = { to: address, port, localPort: ports.service };
  return { probe: connected, serviceProbe: connectedOf(await session.order(ctx, { ...order, ...again })) };
}

function connectedOf(answer: TraceAnswer) {
  if (!("connected" in answer)) throw new Error("liqo-trace there speaks another language");
  return answer;
}

async function report(ctx: Context, { session, facts }: Machine): Promise<Observation> {
  const answer = await session.order(ctx, { do: "report" });
  if (!("seen" in answer)) throw new Error("liqo-trace there speaks another language");
  return { facts, seen: answer.seen };
}
