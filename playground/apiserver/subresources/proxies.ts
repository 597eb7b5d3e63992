/**
 * `nodes/proxy`, `pods/proxy` and `services/proxy`: HTTP of any method to what runs in the cluster.
 * Names are `[scheme:]name[:port]`. Kubernetes: pkg/registry/core/{node,pod,service}/{strategy,rest}.go (ResourceLocation)
 */
import { endpointSlices, pods, services } from "#machinery/builtin.ts";
import { badRequest, failure, notFound } from "#machinery/status-error.ts";
import type { ConnectorRequest, StreamConnector } from "../connector.ts";
import type { ObjectReader } from "../request.ts";
import { type ForwardTarget, forward, forwardUpgrade } from "./forward.ts";
import { type Backend, type BackendTls, kubeletOf } from "./kubelet-address.ts";

interface ProxyName {
  readonly protocol: "http:" | "https:";
  readonly name: string;
  readonly port: string;
}

const VERBS = ["create", "delete", "get", "patch", "update"];

export function proxyConnectors(reader: ObjectReader, tls: BackendTls): StreamConnector[] {
  return [
    proxy("nodes", "NodeProxyOptions", ({ name, port }) => {
      const kubelet = kubeletOf(reader, name, tls);
      return port === "" ? kubelet : { ...kubelet, port: Number(port) };
    }),
    proxy("pods", "PodProxyOptions", (target, namespace) => podBackend(reader, target, namespace)),
    proxy("services", "ServiceProxyOptions", (target, namespace) => serviceBackend(reader, target, namespace)),
  ];
}

function parseProxyName(text: string): ProxyName | undefined {
  const parts = text.split(":");
  const [scheme = "", name = "", port = ""] = parts.length === 3 ? parts : ["", ...parts];
  const valid = parts.length <= 3 && name !== "" && ["", "http", "https"].includes(scheme);
  return valid ? { protocol: scheme === "https" ? "https:" : "http:", name, port } : undefined;
}

function proxy(plural: string, kind: string, find: (name: ProxyName, namespace: string) => Backend): StreamConnector {
  const locate = (request: ConnectorRequest): ForwardTarget => {
    const name = parseProxyName(request.name);
    if (name === undefined) throw badRequest(`invalid ${plural.slice(0, -1)} request ${JSON.stringify(request.name)}`);
    const query = request.query.toString();
    const path = request.subpath === "" ? "/" : request.subpath;
    return { backend: find(name, request.namespace), path: query === "" ? path : `${path}?${query}` };
  };
  return {
    form: "stream",
    group: "",
    version: "v1",
    plural,
    subresource: "proxy",
    verbs: VERBS,
    kind: { group: "", version: "v1", kind },
    respond: (ctx, request, incoming, outgoing) => forward(ctx, locate(request), incoming, outgoing),
    upgrade: (ctx, request, incoming, socket, head) => forwardUpgrade(ctx, locate(request), incoming, socket, head),
  };
}

function podBackend(reader: ObjectReader, { name, port, protocol }: ProxyName, namespace: string): Backend {
  const pod = reader.get(pods, namespace, name);
  if (pod === undefined) throw notFound(pods, name);
  const host = pod.status?.podIP ?? "";
  if (host === "") throw badRequest("address not allowed");
  const first = pod.spec?.containers.flatMap((container) => container.ports ?? [])[0]?.containerPort;
  return { protocol, host, port: Number(port) || (first ?? (protocol === "https:" ? 443 : 80)) };
}

function serviceBackend(reader: ObjectReader, target: ProxyName, namespace: string): Backend {
  const service = reader.get(services, namespace, target.name);
  if (service === undefined) throw notFound(services, target.name);
  const wanted = target.port;
  const ports = service.spec?.ports ?? [];
  const found =
    wanted === "" && ports.length === 1
      ? ports[0]
      : ports.find(({ name, port }) => name === wanted || String(port) === wanted);
  if (found === undefined && wanted !== "") {
    throw failure(
      503,
      "ServiceUnavailable",
      `no service port ${JSON.stringify(wanted)} found for service ${JSON.stringify(target.name)}`,
    );
  }
  const place = pickEndpoint(reader, namespace, target.name, found?.name ?? "");
  if (place === undefined) {
    throw failure(503, "ServiceUnavailable", `no endpoints available for service ${JSON.stringify(target.name)}`);
  }
  return { protocol: target.protocol, ...place };
}

/** The address of a ready endpoint behind a named port ("" when the Service has one port only), chosen at random. */
export function pickEndpoint(
  reader: ObjectReader,
  namespace: string,
  service: string,
  portName: string,
  random: () => number = Math.random,
): { host: string; port: number } | undefined {
  const slices = reader
    .list(endpointSlices, namespace)
    .filter((slice) => slice.metadata?.labels?.["kubernetes.io/service-name"] === service);
  const places = slices.flatMap((slice) => {
    const port = (slice.ports ?? []).find(({ name }) => (name ?? "") === portName)?.port;
    const ready = (slice.endpoints ?? []).filter((endpoint) => endpoint.conditions?.ready !== false);
    return port === undefined ? [] : ready.flatMap(({ addresses }) => addresses.map((host) => ({ host, port })));
  });
  return places[Math.floor(random() * places.length)];
}
