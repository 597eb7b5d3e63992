/** Records that both zones are made of: the cluster's own, and that of the clusterset. Pure. */
import type { Endpoint, EndpointSlice } from "kubernetes-types/discovery/v1";
import type { Answer, Question } from "./packet.ts";

export type Resolution =
  | { readonly kind: "answer"; readonly answers: readonly Answer[] }
  | { readonly kind: "nxdomain" }
  /** The name is not ours: ask upstream. `answers` come first (the CNAME of an ExternalName Service). */
  | { readonly kind: "forward"; readonly name: string; readonly answers: readonly Answer[] };

// CoreDNS: plugin/kubernetes (defaultTTL)
export const TTL_SECONDS = 5;

export interface Target {
  readonly host: string;
  readonly ip: string;
  readonly ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[];
  readonly isEndpoint: boolean;
}

/** One per ready endpoint; `base`: the name below which the endpoints of a slice are. */
export function endpointTargets(slices: readonly EndpointSlice[], base: (slice: EndpointSlice) => string): Target[] {
  const found = slices.flatMap((slice) => {
    const ports = (slice.ports ?? []).flatMap((p) =>
      p.port === undefined ? [] : [{ name: p.name ?? "", protocol: p.protocol ?? "TCP", port: p.port }],
    );
    const ready =
      slice.addressType === "IPv4"
        ? (slice.endpoints ?? []).filter((endpoint) => endpoint.conditions?.ready !== false)
        : [];
    return ready.flatMap((endpoint) =>
      endpoint.addresses.map((ip) => ({ host: `${hostOf(endpoint, ip)}.${base(slice)}`, ip, ports, isEndpoint: true })),
    );
  });
  return [...new Map(found.map((target) => [`${target.host}/${target.ip}`, target])).values()];
}

export function resolveSrv(
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

export function resolveEndpoint(
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

export function hostOf(endpoint: Endpoint, ip: string): string {
  return endpoint.hostname ?? ip.replaceAll(".", "-");
}

export function addresses(question: Question, ips: readonly string[]): Resolution {
  // A headless Service without endpoints does not exist for DNS (CoreDNS answers NXDOMAIN).
  if (ips.length === 0) return { kind: "nxdomain" };
  if (question.type !== "A" && question.type !== "ANY") return nodata();
  return {
    kind: "answer",
    answers: ips.map((ip): Answer => ({ name: question.name, type: "A", ttl: TTL_SECONDS, data: ip })),
  };
}

export function srv(question: Question, targets: readonly { host: string; port: number }[]): Resolution {
  if (targets.length === 0) return nodata();
  // A port of two protocols is one record, and no record is there twice (RFC 2181 §5).
  const distinct = [...new Map(targets.map((target) => [`${target.host}:${target.port}`, target])).values()];
  const weight = Math.max(1, Math.floor(100 / distinct.length));
  const answers = distinct.map(
    ({ host, port }): Answer => ({
      name: question.name,
      type: "SRV",
      ttl: TTL_SECONDS,
      data: { priority: 0, weight, port, target: host },
    }),
  );
  return { kind: "answer", answers };
}

export function text(question: Question, value: string): Resolution {
  return question.type === "TXT"
    ? { kind: "answer", answers: [{ name: question.name, type: "TXT", ttl: TTL_SECONDS, data: value }] }
    : nodata();
}

export function nodata(): Resolution {
  return { kind: "answer", answers: [] };
}
