/** Cluster DNS on one node, over UDP and TCP: authoritative for the cluster's domain, forwarding the rest. RFC 1035, CoreDNS */

import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { createServer, type Server, type Socket } from "node:net";
import type { Service } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import { type Clock, systemClock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import { hasCode, messageOf } from "#base/errors.ts";
import { run } from "#base/run.ts";
import type { Informer } from "#kube/informer/informer.ts";
import type { Imports } from "./imports.ts";
import { informerView } from "./informer-view.ts";
import { type Answer, decodeMessage, encodeResponse, FLAGS, type Message, type Rcode } from "./packet.ts";
import { forward, frame, type Upstream } from "./upstream.ts";
import { authority, type ClusterView, resolve, zoneOf } from "./zone.ts";

export interface DnsServerOptions {
  /** The address of the cluster DNS Service; put on the loopback of this network namespace. */
  readonly address: string;
  /** Default 53. */
  readonly port?: number;
  /** Default cluster.local. */
  readonly domain?: string;
  readonly services: Informer<Service>;
  readonly slices: Informer<EndpointSlice>;
  /** Default: the clusterset's names are not this cluster's. */
  readonly imports?: Imports;
  /** Where other names are asked; none: they do not resolve. */
  readonly upstreams?: readonly Upstream[];
  /** Default: that of the machine. */
  readonly clock?: Clock;
  /** Orders the addresses of an answer. Default: Math.random. */
  readonly random?: () => number;
}

const PLAIN_UDP_BYTES = 512;
const OUR_UDP_BYTES = 1232;
const TCP_IDLE_MS = 10_000;

/** Listens at once and answers SERVFAIL until Services and EndpointSlices have been listed. */
export async function startDnsServer(ctx: Context, options: DnsServerOptions): Promise<AsyncDisposable> {
  const port = options.port ?? 53;
  if (!options.address.startsWith("127.")) {
    await run("ip", ["address", "replace", `${options.address}/32`, "dev", "lo"], {
      timeoutMs: 10_000,
      signal: ctx.signal,
    });
  }
  const view = informerView({
    domain: options.domain ?? "cluster.local",
    services: options.services,
    slices: options.slices,
    imports: options.imports,
  });
  const responder: Responder = {
    view,
    upstreams: options.upstreams ?? [],
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    isReady: () => options.services.isSynced && options.slices.isSynced,
  };
  const udp = await listenUdp(ctx, responder, options.address, port);
  const tcp = await listenTcp(ctx, responder, options.address, port);
  return {
    async [Symbol.asyncDispose]() {
      view[Symbol.dispose]();
      udp.close();
      await new Promise<void>((resolve) => tcp.close(() => resolve()));
    },
  };
}

export interface Responder {
  readonly view: ClusterView;
  readonly upstreams: readonly Upstream[];
  readonly isReady: () => boolean;
  readonly clock: Clock;
  readonly random: () => number;
}

/** The answer to one message, cut to what the asker can take; undefined for what deserves none. */
export async function respond(responder: Responder, bytes: Buffer, overTcp: boolean): Promise<Buffer | undefined> {
  if (bytes.length < 12) return undefined;
  let query: Message;
  try {
    query = decodeMessage(bytes);
  } catch {
    // Not decodable: only its id and flags can be trusted enough to be answered.
    return formatError(bytes);
  }
  if (query.type !== "query") return undefined;
  const opt = query.additionals.find((record) => record.type === "OPT");
  const reply = await decide(responder, query, { bytes, overTcp });
  if ("raw" in reply) return reply.raw;
  const flags =
    (query.flags & FLAGS.recursionDesired) |
    FLAGS.authoritative |
    (responder.upstreams.length > 0 ? FLAGS.recursionAvailable : 0);
  const edns = opt === undefined ? {} : { udpPayloadSize: OUR_UDP_BYTES };
  const full = encodeResponse(query, { ...reply, flags, ...edns });
  const limit = overTcp ? Number.POSITIVE_INFINITY : Math.max(PLAIN_UDP_BYTES, opt?.udpPayloadSize ?? PLAIN_UDP_BYTES);
  if (full.length <= limit) return full;
  return encodeResponse(query, { ...reply, answers: [], authorities: [], flags: flags | FLAGS.truncated, ...edns });
}

interface Reply {
  readonly rcode: Rcode;
  readonly answers: readonly Answer[];
  readonly authorities: readonly Answer[];
}

async function decide(
  responder: Responder,
  query: Message,
  raw: { bytes: Buffer; overTcp: boolean },
): Promise<Reply | { readonly raw: Buffer }> {
  const [question, ...more] = query.questions;
  if (question === undefined || more.length > 0) return refusal("FORMERR");
  if (!responder.isReady()) return refusal("SERVFAIL");
  const resolution = resolve(responder.view, question);
  const soa = authority(zoneOf(responder.view, question.name), Math.floor(responder.clock.epochMs() / 1000));
  if (resolution.kind === "nxdomain") return { rcode: "NXDOMAIN", answers: [], authorities: [soa] };
  if (resolution.kind === "answer") {
    return {
      rcode: "NOERROR",
      answers: shuffle(resolution.answers, responder.random),
      authorities: resolution.answers.length === 0 ? [soa] : [],
    };
  }
  if (resolution.answers.length === 0) {
    const answer = await forward(raw.bytes, responder.upstreams, raw.overTcp);
    if (answer !== undefined) return { raw: answer };
    return refusal(responder.upstreams.length === 0 ? "NXDOMAIN" : "SERVFAIL");
  }
  return followAlias(responder, query, resolution);
}

/** The addresses of an ExternalName outside the cluster, after the CNAME that leads there. */
async function followAlias(
  responder: Responder,
  query: Message,
  alias: { name: string; answers: readonly Answer[] },
): Promise<Reply> {
  const type = query.questions[0]?.type ?? "A";
  const question = { ...query, type: "query" as const, questions: [{ name: alias.name, type }] };
  const asked = encodeResponse(question, {
    rcode: "NOERROR",
    flags: FLAGS.recursionDesired,
    answers: [],
    authorities: [],
  });
  asked.writeUInt16BE(FLAGS.recursionDesired, 2);
  const found = await forward(asked, responder.upstreams, false);
  const answers = found === undefined ? [] : decodeMessage(found).answers;
  return { rcode: "NOERROR", answers: [...alias.answers, ...answers], authorities: [] };
}

function refusal(rcode: Rcode): Reply {
  return { rcode, answers: [], authorities: [] };
}

/** Clients that take the first address spread over all of them. CNAMEs stay in front. */
function shuffle(answers: readonly Answer[], random: () => number): Answer[] {
  const aliases = answers.filter((answer) => answer.type === "CNAME");
  const rest = answers.filter((answer) => answer.type !== "CNAME").map((answer) => ({ answer, at: random() }));
  return [...aliases, ...rest.sort((a, b) => a.at - b.at).map(({ answer }) => answer)];
}

function formatError(bytes: Buffer): Buffer {
  const header = Buffer.alloc(12);
  bytes.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8001, 2);
  return header;
}

async function listenUdp(ctx: Context, responder: Responder, address: string, port: number): Promise<UdpSocket> {
  const socket = createSocket("udp4");
  socket.on("message", (bytes, from) => {
    respond(responder, bytes, false)
      .then((answer) => answer !== undefined && socket.send(answer, from.port, from.address))
      .catch((error: unknown) => ctx.log.debug("question not answered", { error: messageOf(error) }));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ port, address }, resolve);
  });
  socket.on("error", (error) => ctx.log.warn("DNS socket failed", { error: messageOf(error) }));
  return socket;
}

async function listenTcp(ctx: Context, responder: Responder, address: string, port: number): Promise<Server> {
  const server = createServer((socket) => serveTcp(ctx, responder, socket));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, resolve);
  });
  return server;
}

function serveTcp(ctx: Context, responder: Responder, socket: Socket): void {
  let received: Buffer = Buffer.alloc(0);
  socket.setTimeout(TCP_IDLE_MS, () => socket.destroy());
  socket.on("error", (error) => {
    if (!hasCode(error, "ECONNRESET")) ctx.log.debug("DNS connection failed", { error: messageOf(error) });
  });
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      const end = 2 + received.readUInt16BE(0);
      const question = received.subarray(2, end);
      received = received.subarray(end);
      respond(responder, question, true)
        .then((answer) => answer !== undefined && socket.write(frame(answer)))
        .catch((error: unknown) => ctx.log.debug("question not answered", { error: messageOf(error) }));
    }
  });
}
