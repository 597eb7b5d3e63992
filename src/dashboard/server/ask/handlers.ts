/** GET /api/why, /api/events, /api/object and /api/logs: what is asked of a cluster when a person looks closer. */

import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { type Context, withTimeout } from "#base/context.ts";
import { isAborted } from "#base/errors.ts";
import { ANSWER_MS, type Cluster } from "#cli/cluster.ts";
import { formatObjects } from "#cli/printer/object.ts";
import { askWhy } from "#cli/why/ask.ts";
import type { WhyKind } from "#cli/why/kinds.ts";
import { objectPath } from "#kube/client/client.ts";
import { coreEvents } from "#machinery/builtin.ts";
import type { UnstructuredObject } from "#machinery/meta.ts";
import { isNotFound } from "#machinery/status-error.ts";
import type { Item, ItemKey } from "../../model/items.ts";
import type { Why } from "../../model/protocol.ts";
import { answerJson, answerText, Refusal } from "../http/answers.ts";
import type { ApiHandler, ApiRequest } from "../http/server.ts";
import type { Federation } from "../watch/federation.ts";
import { objectEvents } from "./events.ts";
import { withoutSecrets } from "./redact.ts";
import { type Subject, subjectOf } from "./subject.ts";

const MOST_LINES = 10_000;

export function askHandlers(federation: Federation): Record<string, ApiHandler> {
  return {
    "GET /api/why": async (ctx, { query }, response) =>
      answerJson(response, await whyOf(withTimeout(ctx, 3 * ANSWER_MS), federation, query.key("key"))),
    "GET /api/events": async (ctx, { query }, response) =>
      answerJson(response, await eventsOf(withTimeout(ctx, ANSWER_MS), federation, query.key("key"))),
    "GET /api/object": async (ctx, { query }, response) => {
      const { watch, resource, key } = subjectOf(federation, query.key("key"));
      const object = await watch.access.client.get(withTimeout(ctx, ANSWER_MS), resource, key);
      const typed = { apiVersion: "", kind: resource.kind, ...(object as UnstructuredObject) };
      answerText(response, formatObjects([withoutSecrets(typed)], "yaml"), "text/yaml");
    },
    "GET /api/logs": (ctx, request, response) => sendLogs(ctx, federation, request, response),
  };
}

const WHY: Readonly<Partial<Record<Item["kind"], WhyKind>>> = {
  pod: "pod",
  service: "service",
  node: "node",
  namespace: "namespace",
  peering: "foreigncluster",
};

/** Of a twin it is the pod at home that is asked for, where its cluster is looked at: that is who wanted it. */
async function whyOf(ctx: Context, federation: Federation, asked: ItemKey): Promise<Why> {
  const subject = homeOf(federation, asked);
  const { parsed, watch, resource, key } = subject;
  const kind = WHY[parsed.kind];
  if (kind === undefined) throw new Refusal(404, `nobody knows why a ${parsed.kind} is as it is`);
  const where = { home: watch.access, remote: providerOf(federation, subject), namespace: key.namespace ?? "default" };
  const links = await askWhy(ctx, where, { kind, name: key.name });
  return { kind: resource.kind, whole: links.every(({ state }) => state === "ok"), links };
}

function homeOf(federation: Federation, asked: ItemKey): Subject {
  const item = federation.picture.get(asked);
  if (item?.kind === "pod" && item.role === "twin" && item.twin !== undefined && federation.picture.get(item.twin))
    return subjectOf(federation, item.twin);
  return subjectOf(federation, asked);
}

/** Where it is looked at it is asked by its own context; else as an identity of the peering. */
function providerOf(federation: Federation, { parsed, watch, key }: Subject): Cluster | undefined {
  const { followed } = watch;
  const nodeOf = (): string | undefined =>
    parsed.kind === "node" ? key.name : followed?.pods.store.get(key)?.spec?.nodeName;
  const ofNode = (name: string | undefined): string | undefined => {
    const item = name === undefined ? undefined : followed?.nodes.store.get({ name });
    return item?.metadata?.labels?.["liqo.io/remote-cluster-id"];
  };
  const id = parsed.kind === "peering" ? key.name : ofNode(nodeOf());
  return id === undefined ? undefined : federation.findById(id)?.access;
}

async function eventsOf(ctx: Context, federation: Federation, asked: ItemKey) {
  const item = federation.picture.get(asked);
  const twin = item?.kind === "pod" ? item.twin : undefined;
  const isSeen = twin !== undefined && federation.picture.get(twin) !== undefined;
  const subjects = [subjectOf(federation, asked), ...(isSeen ? [subjectOf(federation, twin)] : [])];
  const all = subjects.map(async ({ watch, resource, key }) => {
    const { items } = await watch.access.client.list(ctx, coreEvents, {
      ...(key.namespace !== undefined && { namespace: key.namespace }),
      fieldSelector: `involvedObject.name=${key.name}`,
      limit: 500,
    });
    // What becomes of a ShadowPod becomes of its pod.
    const kinds = [resource.kind, ...(resource.kind === "Pod" ? ["ShadowPod"] : [])];
    return {
      cluster: watch.name,
      events: items.filter(({ involvedObject }) => kinds.includes(involvedObject.kind ?? "")),
    };
  });
  return objectEvents(await Promise.all(all));
}

async function sendLogs(
  ctx: Context,
  federation: Federation,
  { query }: ApiRequest,
  response: ServerResponse,
): Promise<void> {
  const { parsed, watch, resource, key } = subjectOf(federation, query.key("key"));
  if (parsed.kind !== "pod") throw new Refusal(400, "only pods have logs");
  const container = query.name("container");
  const follow = query.isTrue("follow");
  const limited = follow ? ctx : withTimeout(ctx, 3 * ANSWER_MS);
  try {
    const stream = await watch.access.client.stream(limited, objectPath(resource, key, "log"), {
      tailLines: query.integer("tail", 500, { least: 0, most: MOST_LINES }),
      ...(container !== undefined && { container }),
      ...(follow && { follow }),
    });
    response.writeHead(200, { "Content-Type": "text/plain; charset=utf-8" });
    response.flushHeaders();
    await pipeline(stream, response, { signal: limited.signal });
  } catch (error) {
    if (isNotFound(error)) throw new Refusal(404, `pod ${key.name} is not there any more`, { cause: error });
    // A page that goes away while it follows ends the stream.
    if (!(isAborted(error) || response.headersSent)) throw error;
    response.destroy();
  }
}
