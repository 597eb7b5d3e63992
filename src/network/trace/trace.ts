/**
 * What `liqoctl trace` runs by exec in gateways and on nodes: it counts the packets of one trace for as long as its standard
 * input is open, a minute at most, sends some if it is told to, and leaves nothing behind.
 */
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { type Context, sleep, withCancel, withTimeout } from "#base/context.ts";
import { type Order, parseOrder, parseTraceRequest, type TraceAnswer, type TraceRequest } from "#wire/path-trace.ts";
import type { Machine } from "../system/machine.ts";
import { runJson } from "../system/tools.ts";
import { askKernel } from "./facts.ts";
import { openTable } from "./owned-table.ts";
import { connectOnce, sendDatagrams } from "./probe.ts";
import { renderTraceTable, sightingsOf, tableName } from "./table.ts";

const LIFE_MS = 60_000;
/** Packets under way may still come. */
const LATE_MS = 200;

export interface TraceStreams {
  readonly input: Readable;
  readonly output: Writable;
}

export async function runTrace(
  parent: Context,
  machine: Machine,
  text: string,
  { input, output }: TraceStreams,
): Promise<void> {
  const request = parseTraceRequest(text);
  const { ctx, cancel } = withCancel(withTimeout(parent, LIFE_MS));
  const local = await localAddress(ctx, machine, request);
  await using _table = await openTable(ctx, machine, tableName(request.id), renderTraceTable(request, local));
  const say = (answer: TraceAnswer): void => void output.write(`${JSON.stringify(answer)}\n`);
  say({ ready: await askKernel(ctx, machine.tools, request) });
  const lines = createInterface({ input, signal: ctx.signal });
  lines.once("close", cancel);
  for await (const line of lines) {
    const order = parseOrder(line);
    say(await obey(ctx, machine, request, local, order));
    if (order.do === "report") break;
  }
}

/** From which address this machine sends to where the probes go. */
async function localAddress(ctx: Context, { tools }: Machine, { sender, routes }: TraceRequest): Promise<string> {
  const [first] = routes;
  if (sender === undefined || first === undefined) return "0.0.0.0";
  const [way] = await runJson<{ prefsrc?: string }>(ctx, tools, ["ip", "-json", "route", "get", first.to]);
  if (way?.prefsrc === undefined) throw new Error(`this machine has no address to send to ${first.to} from`);
  return way.prefsrc;
}

async function obey(
  ctx: Context,
  { clock, tools }: Machine,
  { id, sender }: TraceRequest,
  local: string,
  order: Order,
): Promise<TraceAnswer> {
  if (order.do === "report") {
    await sleep(ctx, LATE_MS, clock);
    return { seen: sightingsOf(await tools.run(ctx, ["nft", "-j", "list", "table", "ip", tableName(id)])) };
  }
  if (sender === undefined) throw new Error(`${order.do}: the request names no sender`);
  const { to, port } = order;
  if (order.do === "connect")
    return connectOnce(clock, { local, localPort: order.localPort, to, port }, order.timeoutMs);
  return { sent: await sendDatagrams({ local, localPort: sender.udpPort, to, port }, order.lengths) };
}
