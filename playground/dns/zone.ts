/**
 * What the cluster's names mean: pure. Kubernetes: DNS-Based Service Discovery specification 1.1.0; CoreDNS: plugin/kubernetes.
 * A name that exists without records of the asked type gives an empty answer (NODATA), a name that does not gives NXDOMAIN.
 */
import type { Service } from "kubernetes-types/core/v1";
import type { Endpoint, EndpointSlice } from "kubernetes-types/discovery/v1";
import type { Answer, Question } from "./packet.ts";

export interface ClusterView {
  readonly domain: string;
  findService(namespace: string, name: string): Service | undefined;
  listSlices(namespace: string, service: string): readonly EndpointSlice[];
  hasNamespace(namespace: string): boolean;
  /** `namespace/name` of the Service with this cluster IP. */
  findServiceByIp(ip: string): { namespace: string; name: string } | undefined;
  /** The Services that have an endpoint with this address. */
  findEndpointByIp(ip: string): { namespace: string; service: string; endpoint: Endpoint } | undefined;
}

export type Resolution =
  | { readonly kind: "answer"; readonly answers: readonly Answer[] }
  | { readonly kind: "nxdomain" }
  /** The name is not ours: ask upstream. `answers` come first (the CNAME of an ExternalName Service). */
  | { readonly kind: "forward"; readonly name: string; readonly answers: readonly Answer[] };

// CoreDNS: plugin/kubernetes (defaultTTL)
const TTL_SECONDS = 5;
const MAX_CNAMES = 8;

export function resolve(view: ClusterView, question: Question, depth = 0): Resolution {
  const name = question.name.toLowerCase().replace(/\.$/, "");
  if (name.endsWith(".in-addr.arpa")) return resolveReverse(view, question, name);
  if (name !== view.domain && !name.endsWith(`.${view.domain}`)) return { kind: "forward", name, answers: [] };
  const labels = name === view.domain ? [] : name.slice(0, -view.domain.length - 1).split(".");
  const [type = "", ...rest] = labels.toReversed();
  if (labels.length === 0 || (labels.length === 1 && (type === "svc" || type === "pod"))) return nodata();
  if (name === `dns-version.${view.domain}`) return text(question, "1.1.0");
  if (type === "pod") return resolvePod(view, question, rest);
  if (type === "svc") return resolveService(view, question, rest, depth);
  return { kind: "nxdomain" };
}

/** Start of authority: tells resolvers how long to remember that there is nothing. */
export function authority(domain: string, serial: number): Answer {
  const data = {
    mname: `ns.dns.${domain}`,
    rname: `hostmaster.${domain}`,
    serial,
    refresh: 7200,
    retry: 1800,
    expire: 86_400,
    minimum: TTL_SECONDS,
  };
  return { name: domain, type: "SOA", ttl: TTL_SECONDS, data };
}

/** `a-b-c-d.<namespace>.pod`: answered without looking for the pod, as CoreDNS' "pods insecure", which kubeadm configures. */
function resolvePod(view: ClusterView, question: Question, [namespace = "", ip, ...more]: string[]): Resolution {
  if (!view.hasNamespace(namespace) || more.length > 0) return { kind: "nxdomain" };
  if (ip === undefined) return nodata();
  if (!/^\d{1,3}(-\d{1,3}){3}$/.test(ip)) return { kind: "nxdomain" };
  return addresses(question, [ip.replaceAll("-", ".")]);
}

function resolveService(
  view: ClusterView,
  question: Question,
  [namespace = "", name, ...more]: string[],
  depth: number,
): Resolution {
  if (name === undefined) return view.hasNamespace(namespace) ? nodata() : { kind: "nxdomain" };
  const service = view.findService(namespace, name);
  if (service === undefined || more.length > 2) return { kind: "nxdomain" };
  const { externalName } = service.spec ?? {};
  if (service.spec?.type === "ExternalName" && externalName !== undefined) {
    return more.length > 0 ? { kind: "nxdomain" } : resolveAlias(view, question, externalName, depth);
  }
  const base = `${name}.${namespace}.svc.${view.domain}`;
  const targets = targetsOf(view, service, base);
  const [first, second] = more;
  if (first?.startsWith("_")) return resolveSrv(question, targets, { protocol: first, port: second });
  if (first !== undefined) return resolveEndpoint(question, targets, `${first}.${base}`, second);
  if (question.type === "SRV")
    return srv(
      question,
      targets.flatMap((target) => target.ports.map((port) => ({ ...target, port: port.port }))),
    );
  return addresses(
    question,
    targets.map((target) => target.ip),
  );
}

interface Target {
  readonly host: string;
  readonly ip: string;
  readonly ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[];
  readonly isEndpoint: boolean;
}

/** A Service with a cluster IP is one target; a headless one has a target per ready endpoint. */
function targetsOf(view: ClusterView, service: Service, base: string): Target[] {
  const { clusterIP } = service.spec ?? {};
  const { namespace = "", name = "" } = service.metadata ?? {};
  if (clusterIP !== undefined && clusterIP !== "" && clusterIP !== "None") {
    const ports = (service.spec?.ports ?? []).map((p) => ({
      name: p.name ?? "",
      protocol: p.protocol ?? "TCP",
      port: p.port,
    }));
    return [{ host: base, ip: clusterIP, ports, isEndpoint: false }];
  }
  const found = view.listSlices(namespace, name).flatMap((slice) => {
    const ports = (slice.ports ?? []).flatMap((p) =>
      p.port === undefined ? [] : [{ name: p.name ?? "", protocol: p.protocol ?? "TCP", port: p.port }],
    );
    const ready =
      slice.addressType === "IPv4"
        ? (slice.endpoints ?? []).filter((endpoint) => endpoint.conditions?.ready !== false)
        : [];
    return ready.flatMap((endpoint) =>
      endpoint.addresses.map((ip) => ({ host: `${hostOf(endpoint, ip)}.${base}`, ip, ports, isEndpoint: true })),
    );
  });
  return [...new Map(found.map((target) => [`${target.host}/${target.ip}`, target])).values()];
}

function resolveSrv(
  question: Question,
  targets: readonly Target[],
  asked: { protocol: string; port: string | undefined },
): Resolution {
  // From the right: `_port._protocol.service`; with one label only, it is a part of such a name.
  const protocol = asked.protocol.slice(1).toUpperCase();
  const matching = targets.flatMap((target) =>
    target.ports
      .filter((port) => port.protocol === protocol && (asked.port === undefined || asked.port === `_${port.name}`))
      .map((port) => ({ ...target, port: port.port })),
  );
  if (matching.length === 0) return { kind: "nxdomain" };
  return question.type === "SRV" && asked.port !== undefined ? srv(question, matching) : nodata();
}

function resolveEndpoint(
  question: Question,
  targets: readonly Target[],
  host: string,
  extra: string | undefined,
): Resolution {
  const matching = targets.filter((target) => target.isEndpoint && target.host === host);
  if (matching.length === 0 || extra !== undefined) return { kind: "nxdomain" };
  if (question.type === "SRV")
    return srv(
      question,
      matching.flatMap((target) => target.ports.map((port) => ({ ...target, port: port.port }))),
    );
  return addresses(
    question,
    matching.map((target) => target.ip),
  );
}

function resolveAlias(view: ClusterView, question: Question, externalName: string, depth: number): Resolution {
  const alias: Answer = { name: question.name, type: "CNAME", ttl: TTL_SECONDS, data: externalName.replace(/\.$/, "") };
  if (question.type === "CNAME" || depth >= MAX_CNAMES) return { kind: "answer", answers: [alias] };
  const next = resolve(view, { name: externalName, type: question.type }, depth + 1);
  if (next.kind === "nxdomain") return { kind: "answer", answers: [alias] };
  return { ...next, answers: [alias, ...next.answers] };
}

function resolveReverse(view: ClusterView, question: Question, name: string): Resolution {
  const ip = name
    .replace(/\.in-addr\.arpa$/, "")
    .split(".")
    .reverse()
    .join(".");
  const service = view.findServiceByIp(ip);
  const endpoint = view.findEndpointByIp(ip);
  const host =
    service !== undefined
      ? `${service.name}.${service.namespace}.svc.${view.domain}`
      : endpoint !== undefined
        ? `${hostOf(endpoint.endpoint, ip)}.${endpoint.service}.${endpoint.namespace}.svc.${view.domain}`
        : undefined;
  if (host === undefined) return { kind: "forward", name, answers: [] };
  if (question.type !== "PTR") return nodata();
  return { kind: "answer", answers: [{ name: question.name, type: "PTR", ttl: TTL_SECONDS, data: host }] };
}

function hostOf(endpoint: Endpoint, ip: string): string {
  return endpoint.hostname ?? ip.replaceAll(".", "-");
}

function addresses(question: Question, ips: readonly string[]): Resolution {
  // A headless Service without endpoints does not exist for DNS (CoreDNS answers NXDOMAIN).
  if (ips.length === 0) return { kind: "nxdomain" };
  if (question.type !== "A" && question.type !== "ANY") return nodata();
  return {
    kind: "answer",
    answers: ips.map((ip): Answer => ({ name: question.name, type: "A", ttl: TTL_SECONDS, data: ip })),
  };
}

function srv(question: Question, targets: readonly { host: string; port: number }[]): Resolution {
  if (targets.length === 0) return nodata();
  const weight = Math.max(1, Math.floor(100 / targets.length));
  const answers = targets.map(
    ({ host, port }): Answer => ({
      name: question.name,
      type: "SRV",
      ttl: TTL_SECONDS,
      data: { priority: 0, weight, port, target: host },
    }),
  );
  return { kind: "answer", answers };
}

function text(question: Question, value: string): Resolution {
  return question.type === "TXT"
    ? { kind: "answer", answers: [{ name: question.name, type: "TXT", ttl: TTL_SECONDS, data: value }] }
    : nodata();
}

function nodata(): Resolution {
  return { kind: "answer", answers: [] };
}
