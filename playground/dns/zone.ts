/**
 * What the cluster's names mean: pure. Kubernetes: DNS-Based Service Discovery specification 1.1.0; CoreDNS: plugin/kubernetes.
 * A name that exists without records of the asked type gives an empty answer (NODATA), a name that does not gives NXDOMAIN.
 */
import type { Service } from "kubernetes-types/core/v1";
import type { Endpoint, EndpointSlice } from "kubernetes-types/discovery/v1";
import {
  addresses,
  endpointTargets,
  hostOf,
  nodata,
  type Resolution,
  resolveEndpoint,
  resolveSrv,
  srv,
  type Target,
  TTL_SECONDS,
  text,
} from "./answers.ts";
import { CLUSTERSET, type ClusterSetView, resolveImport } from "./clusterset.ts";
import type { Answer, Question } from "./packet.ts";

export interface ClusterView extends ClusterSetView {
  readonly domain: string;
  findService(namespace: string, name: string): Service | undefined;
  listSlices(namespace: string, service: string): readonly EndpointSlice[];
  hasNamespace(namespace: string): boolean;
  /** `namespace/name` of the Service with this cluster IP. */
  findServiceByIp(ip: string): { namespace: string; name: string } | undefined;
  /** The Services that have an endpoint with this address. */
  findEndpointByIp(ip: string): { namespace: string; service: string; endpoint: Endpoint } | undefined;
}

const MAX_CNAMES = 8;

export function resolve(view: ClusterView, question: Question, depth = 0): Resolution {
  const name = question.name.toLowerCase().replace(/\.$/, "");
  if (name.endsWith(".in-addr.arpa")) return resolveReverse(view, question, name);
  if (zoneOf(view, name) === CLUSTERSET) return resolveImport(view, question, name);
  if (name !== view.domain && !name.endsWith(`.${view.domain}`)) return { kind: "forward", name, answers: [] };
  const labels = name === view.domain ? [] : name.slice(0, -view.domain.length - 1).split(".");
  const [type = "", ...rest] = labels.toReversed();
  if (labels.length === 0 || (labels.length === 1 && (type === "svc" || type === "pod"))) return nodata();
  if (name === `dns-version.${view.domain}`) return text(question, "1.1.0");
  if (type === "pod") return resolvePod(view, question, rest);
  if (type === "svc") return resolveService(view, question, rest, depth);
  return { kind: "nxdomain" };
}

/** The zone here that the name is in, or would be. */
export function zoneOf(view: ClusterView, asked: string): string {
  const name = asked.toLowerCase().replace(/\.$/, "");
  return view.hasClusterSet() && `.${name}`.endsWith(`.${CLUSTERSET}`) ? CLUSTERSET : view.domain;
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
  return endpointTargets(view.listSlices(namespace, name), () => base);
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
