/**
 * What names of the clusterset mean, from the ServiceImports of this cluster: pure. Kubernetes: KEP-1645, specification.md
 * 1.0.0; CoreDNS: plugin/multicluster
 */
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import {
  addresses,
  endpointTargets,
  nodata,
  type Resolution,
  resolveEndpoint,
  resolveSrv,
  srv,
  type Target,
  text,
} from "./answers.ts";
import type { Question } from "./packet.ts";

export const CLUSTERSET = "clusterset.local";
export const MULTICLUSTER_SERVICE = "multicluster.kubernetes.io/service-name";
const SOURCE_CLUSTER = "multicluster.kubernetes.io/source-cluster";

/** What is asked of it here. */
export interface ServiceImport extends KubeObject {
  spec?: { type?: string; ips?: string[]; ports?: { name?: string; protocol?: string; port: number }[] };
}

export const serviceImports: Resource<ServiceImport> = {
  group: "multicluster.x-k8s.io",
  version: "v1alpha1",
  plural: "serviceimports",
  kind: "ServiceImport",
  namespaced: true,
};

export interface ClusterSetView {
  /** Whether this cluster knows ServiceImports at all. */
  hasClusterSet(): boolean;
  findImport(namespace: string, name: string): ServiceImport | undefined;
  listImportedSlices(namespace: string, name: string): readonly EndpointSlice[];
}

/** `name`: in lower case, without the dot at its end, in the zone. */
export function resolveImport(view: ClusterSetView, question: Question, name: string): Resolution {
  const labels = name === CLUSTERSET ? [] : name.slice(0, -CLUSTERSET.length - 1).split(".");
  const [type, namespace, service, ...more] = labels.toReversed();
  if (type === undefined) return nodata();
  if (name === `dns-version.${CLUSTERSET}`) return text(question, "1.0.0");
  if (type !== "svc") return { kind: "nxdomain" };
  if (namespace === undefined || service === undefined) return nodata();
  const imported = view.findImport(namespace, service);
  if (imported === undefined || more.length > 2) return { kind: "nxdomain" };
  const base = `${service}.${namespace}.svc.${CLUSTERSET}`;
  const targets = targetsOf(view, imported, base);
  const [first, second] = more;
  if (first?.startsWith("_")) return resolveSrv(question, targets, { protocol: first, port: second });
  // `<hostname>.<cluster>.<service>`: a cluster alone has no records.
  if (first !== undefined)
    return second === undefined
      ? { kind: "nxdomain" }
      : resolveEndpoint(question, targets, `${second}.${first}.${base}`, undefined);
  if (question.type === "SRV")
    return srv(
      question,
      targets.flatMap((target) => target.ports.map(({ port }) => ({ host: target.host, port }))),
    );
  return addresses(question, [...new Set(targets.map(({ ip }) => ip))]);
}

function targetsOf(view: ClusterSetView, { metadata, spec }: ServiceImport, base: string): Target[] {
  const { namespace = "", name = "" } = metadata ?? {};
  if (spec?.type === "Headless")
    return endpointTargets(
      view.listImportedSlices(namespace, name),
      (slice) => `${slice.metadata?.labels?.[SOURCE_CLUSTER]}.${base}`,
    );
  const ports = (spec?.ports ?? []).map((port) => ({
    name: port.name ?? "",
    protocol: port.protocol ?? "TCP",
    port: port.port,
  }));
  return (spec?.ips ?? []).map((ip) => ({ host: base, ip, ports, isEndpoint: false }));
}
