/**
 * `pods/log`, `exec`, `attach` and `portforward`: found here, served by the kubelet of the pod's node.
 * Kubernetes: pkg/registry/core/pod/strategy.go (LogLocation, streamLocation), pkg/registry/core/pod/rest
 */
import type { ServerResponse } from "node:http";
import type { Http2ServerResponse } from "node:http2";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Pod } from "kubernetes-types/core/v1";
import { pods } from "#machinery/builtin.ts";
import { badRequest, notFound } from "#machinery/status-error.ts";
import type { ConnectorRequest, StreamConnector } from "../connector.ts";
import type { ObjectReader } from "../request.ts";
import { chooseContainer } from "./container-name.ts";
import { type ForwardTarget, forwardUpgrade, openStream, refusalOf, startAnswer } from "./forward.ts";
import { type BackendTls, kubeletOf } from "./kubelet-address.ts";

const LOG_OPTIONS = [
  "follow",
  "previous",
  "timestamps",
  "sinceSeconds",
  "sinceTime",
  "limitBytes",
  "tailLines",
  "stream",
];
/** Name here → name at the kubelet. */
const STREAM_OPTIONS = { stdin: "input", stdout: "output", stderr: "error", tty: "tty" } as const;

export function podStreamConnectors(reader: ObjectReader, tls: BackendTls): StreamConnector[] {
  return [
    logConnector(reader, tls),
    upgradeConnector("exec", "PodExecOptions", (request) => execTarget(reader, tls, request, "exec")),
    upgradeConnector("attach", "PodAttachOptions", (request) => execTarget(reader, tls, request, "attach")),
    upgradeConnector("portforward", "PodPortForwardOptions", (request) => portForwardTarget(reader, tls, request)),
  ];
}

function logConnector(reader: ObjectReader, tls: BackendTls): StreamConnector {
  return {
    form: "stream",
    group: "",
    version: "v1",
    plural: "pods",
    subresource: "log",
    verbs: ["get"],
    kind: { group: "", version: "v1", kind: "Pod" },
    async respond(ctx, request, _incoming, outgoing) {
      const pod = findPod(reader, request);
      const container = chooseContainer(pod, request.query.get("container") ?? "");
      const nodeName = pod.spec?.nodeName ?? "";
      if (nodeName === "") return endText(outgoing);
      const query = logQuery(request.query);
      const path = `/containerLogs/${request.namespace}/${request.name}/${container}${query === "" ? "" : `?${query}`}`;
      const response = await openStream(ctx, { backend: kubeletOf(reader, nodeName, tls), path });
      if (response.statusCode !== 200) throw await refusalOf(response, { group: "", plural: "pods" }, request.name);
      startAnswer(outgoing, 200, { "content-type": "text/plain" });
      if ("flushHeaders" in outgoing) outgoing.flushHeaders();
      const sink: Writable = outgoing;
      // Whoever stops following closes the connection: not an error.
      await pipeline(response, sink).catch(() => response.destroy());
    },
  };
}

function upgradeConnector(
  subresource: string,
  kind: string,
  locate: (request: ConnectorRequest) => ForwardTarget,
): StreamConnector {
  return {
    form: "stream",
    group: "",
    version: "v1",
    plural: "pods",
    subresource,
    verbs: ["create", "get"],
    kind: { group: "", version: "v1", kind },
    async respond(_ctx, request) {
      locate(request);
      throw badRequest("Upgrade request required");
    },
    async upgrade(ctx, request, incoming, socket, head) {
      await forwardUpgrade(ctx, locate(request), incoming, socket, head);
    },
  };
}

function execTarget(
  reader: ObjectReader,
  tls: BackendTls,
  request: ConnectorRequest,
  verb: "exec" | "attach",
): ForwardTarget {
  const { namespace, name, query } = request;
  const pod = findPod(reader, request);
  const container = chooseContainer(pod, query.get("container") ?? "");
  const backend = kubeletOf(reader, hostOf(pod), tls);
  const forwarded = new URLSearchParams();
  for (const [from, to] of Object.entries(STREAM_OPTIONS)) if (isTrue(query.get(from))) forwarded.set(to, "1");
  if (forwarded.size === 0) throw badRequest("you must specify at least one of stdin, stdout, stderr");
  const command = query.getAll("command");
  if (verb === "exec" && command.length === 0)
    throw badRequest("you must specify at least one command for the container");
  if (verb === "exec") for (const word of command) forwarded.append("command", word);
  return { backend, path: `/${verb}/${namespace}/${name}/${container}?${forwarded}` };
}

function portForwardTarget(reader: ObjectReader, tls: BackendTls, request: ConnectorRequest): ForwardTarget {
  const backend = kubeletOf(reader, hostOf(findPod(reader, request)), tls);
  const forwarded = new URLSearchParams();
  for (const ports of request.query.getAll("ports")) forwarded.append("port", ports);
  const query = forwarded.size === 0 ? "" : `?${forwarded}`;
  return { backend, path: `/portForward/${request.namespace}/${request.name}${query}` };
}

function findPod(reader: ObjectReader, { namespace, name }: ConnectorRequest): Pod {
  const pod = reader.get(pods, namespace, name);
  if (pod === undefined) throw notFound(pods, name);
  return pod;
}

function hostOf(pod: Pod): string {
  const host = pod.spec?.nodeName ?? "";
  if (host === "") throw badRequest(`pod ${pod.metadata?.name} does not have a host assigned`);
  return host;
}

function logQuery(query: URLSearchParams): string {
  const forwarded = new URLSearchParams();
  for (const option of LOG_OPTIONS) {
    const value = query.get(option);
    const isFlag = option === "follow" || option === "previous" || option === "timestamps";
    if (value !== null && value !== "" && (!isFlag || isTrue(value))) forwarded.set(option, isFlag ? "true" : value);
  }
  return forwarded.toString();
}

/** As Go's form decoding of booleans: "0" and "false" are false. */
function isTrue(value: string | null): boolean {
  return value !== null && value !== "" && value !== "0" && value.toLowerCase() !== "false";
}

function endText(outgoing: ServerResponse | Http2ServerResponse): void {
  startAnswer(outgoing, 200, { "content-type": "text/plain" });
  outgoing.end();
}
