/** Why a Service leads nowhere: its pods and endpoints at home, then what each provider has of it. Pure. */
import type { Event, Pod, Service, ServicePort } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import type { NamespaceOffloading } from "#api/offloading/namespace.ts";
import type { ShadowEndpointSlice } from "#api/offloading/shadow.ts";
import { isReady } from "#machinery/pod.ts";
import { broken, type Chain, ok, unknown } from "./link.ts";
import type { PeerFacts } from "./peer-facts.ts";
import { isHidden, type Seen, unseen, visible } from "./seen.ts";
import { providerChain } from "./service-away.ts";

/** At a provider, in the twin namespace. */
export interface ServiceRemote {
  readonly service: Seen<Service | undefined>;
  readonly shadows: Seen<readonly ShadowEndpointSlice[]>;
  /** For administrators there. */
  readonly slices: Seen<readonly EndpointSlice[]>;
  readonly events: Seen<readonly Event[]>;
}

export interface ServiceProvider {
  readonly id: string;
  /** What the virtual kubelet is told to do with Services, and with EndpointSlices. */
  readonly policy: { readonly service: string; readonly endpointslice: string };
  readonly twin: string;
  readonly peer: PeerFacts;
  readonly remote: Seen<ServiceRemote>;
}

export interface ServiceFacts {
  readonly service: Service;
  readonly clusterId: string | undefined;
  /** Of the Service and of its slices. */
  readonly events: Seen<readonly Event[]>;
  readonly slices: Seen<readonly EndpointSlice[]>;
  /** Those that it selects; none where it selects nothing. */
  readonly pods: Seen<readonly Pod[]>;
  /** What an ExternalName of this cluster leads to. */
  readonly target: Seen<Service | undefined>;
  readonly offloading: Seen<NamespaceOffloading | undefined>;
  readonly providers: Seen<readonly ServiceProvider[]>;
}

export function* serviceChain(facts: ServiceFacts): Chain {
  const { service } = facts;
  const { name = "", deletionTimestamp, finalizers = [] } = service.metadata ?? {};
  if (deletionTimestamp !== undefined)
    return yield broken(
      "service",
      `it is being deleted; its finalizer ${finalizers[0]} keeps it`,
      `look at whoever set ${finalizers[0]}`,
    );
  const { type = "ClusterIP", clusterIP } = service.spec ?? {};
  yield ok("service", `${name} is a ${clusterIP === "None" ? "headless Service" : type}`);
  if (type === "ExternalName") yield* externalName(facts);
  else {
    yield* selected(facts);
    yield* ports(facts);
    yield* endpoints(facts);
    yield* loadBalancer(service);
  }
  yield* providers(facts);
}

const CLUSTER_NAME = /^([a-z0-9-]+)\.([a-z0-9-]+)\.svc(\.|$)/;

/** Namespace and name of the Service that an ExternalName names; undefined: it is elsewhere. */
export function externalTarget({ spec }: Service): { readonly namespace: string; readonly name: string } | undefined {
  const [, name, namespace] = CLUSTER_NAME.exec(spec?.externalName ?? "") ?? [];
  return name === undefined || namespace === undefined ? undefined : { namespace, name };
}

function* externalName({ service, target }: ServiceFacts): Chain {
  const name = service.spec?.externalName;
  const wanted = externalTarget(service);
  if (wanted === undefined) return yield ok("name", `clients are sent to ${name}, which is not of this cluster`);
  if (isHidden(target)) return yield unseen("name", `Service ${wanted.namespace}/${wanted.name}`, target);
  yield target === undefined
    ? broken(
        "name",
        `clients are sent to ${name}, and there is no Service ${wanted.name} in ${wanted.namespace}`,
        `kubectl get services -n ${wanted.namespace}`,
      )
    : ok("name", `clients are sent to ${name}`);
}

export function hasSelector({ spec }: Service): boolean {
  return Object.keys(spec?.selector ?? {}).length > 0;
}

function* selected({ service, pods }: ServiceFacts): Chain {
  const { namespace } = service.metadata ?? {};
  if (!hasSelector(service)) return yield ok("pods", "it selects none: its endpoints are made by hand");
  if (isHidden(pods)) return yield unseen("pods", "the pods", pods);
  const selector = Object.entries(service.spec?.selector ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  if (pods.length === 0)
    return yield broken(
      "pods",
      `no pod of ${namespace} has the labels ${selector}`,
      `kubectl get pods -n ${namespace} --show-labels`,
    );
  const ready = pods.filter(isReady).length;
  const [first] = pods.filter((pod) => !isReady(pod));
  const why = `liqoctl why pod/${first?.metadata?.name} -n ${namespace}`;
  if (ready === 0 && service.spec?.publishNotReadyAddresses !== true)
    return yield broken(
      "pods",
      `none of the ${pods.length} that it selects is ready, as ${first?.metadata?.name}`,
      why,
    );
  yield ok("pods", `${ready} of ${pods.length} that it selects are ready`);
}

function* ports({ service, pods }: ServiceFacts): Chain {
  if (!hasSelector(service) || isHidden(pods)) return;
  const all = pods.flatMap(({ spec }) => [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]);
  const declared = all.flatMap((container) => container.ports ?? []);
  for (const port of service.spec?.ports ?? []) {
    const target = port.targetPort ?? port.port;
    if (typeof target === "string" && !declared.some(({ name }) => name === target))
      return yield broken(
        "ports",
        `port ${nameOf(port)} leads to the port named ${target}, which no container has`,
        `they have ${declared.map(({ name, containerPort }) => name ?? containerPort).join(", ") || "none"}: mend its targetPort`,
      );
    if (typeof target === "number" && declared.length > 0 && !declared.some((each) => each.containerPort === target))
      yield unknown(
        "ports",
        `port ${nameOf(port)} leads to ${target}, which no container says that it listens on`,
        `they say ${declared.map(({ containerPort }) => containerPort).join(", ")}: mend its targetPort, unless they listen there all the same`,
      );
  }
}

function nameOf({ name, port }: ServicePort): string {
  return name === undefined ? String(port) : `${name} (${port})`;
}

function* endpoints({ service, slices }: ServiceFacts): Chain {
  const { name, namespace } = service.metadata ?? {};
  if (isHidden(slices)) return yield unseen("endpoints", "the EndpointSlices", slices);
  const all = slices.flatMap((slice) => slice.endpoints ?? []);
  const ready = all.filter(({ conditions }) => conditions?.ready !== false);
  const byHand = `make an EndpointSlice with the label kubernetes.io/service-name=${name}, or give it a selector`;
  if (all.length === 0)
    return yield broken(
      "endpoints",
      hasSelector(service)
        ? "nobody has made endpoints of its pods"
        : "it has no selector, and nobody has given it endpoints",
      hasSelector(service) ? "see whether kube-controller-manager runs" : byHand,
    );
  if (ready.length === 0)
    return yield broken(
      "endpoints",
      `none of its ${all.length} endpoints is ready`,
      `kubectl get endpointslices -n ${namespace} -l kubernetes.io/service-name=${name} -o yaml`,
    );
  const addresses = ready.flatMap((endpoint) => endpoint.addresses);
  yield ok(
    "endpoints",
    `${addresses.slice(0, 5).join(", ")}${addresses.length > 5 ? ` and ${addresses.length - 5} more` : ""}`,
  );
}

function* loadBalancer({ metadata, spec, status }: Service): Chain {
  if (spec?.type !== "LoadBalancer") return;
  const { ingress = [] } = status?.loadBalancer ?? {};
  const address = ingress.map(({ ip, hostname }) => ip ?? hostname).join(", ");
  const what = spec.loadBalancerClass === undefined ? "the cluster's" : `one of the class ${spec.loadBalancerClass}`;
  yield address === ""
    ? broken(
        "load balancer",
        `no load balancer has given it an address: ${what} is to`,
        `kubectl describe service ${metadata?.name} -n ${metadata?.namespace}; without one use a NodePort`,
      )
    : ok("load balancer", address);
}

function* providers(facts: ServiceFacts): Chain {
  const { namespace } = facts.service.metadata ?? {};
  if (isHidden(facts.offloading)) yield unseen("reflection", "the NamespaceOffloading", facts.offloading);
  else if (facts.offloading === undefined)
    return yield ok("reflection", `${namespace} is not offloaded: the Service is of this cluster alone`);
  const away = visible(facts.providers);
  if (away === undefined) return yield unseen("reflection", "the NamespaceMaps", facts.providers as never);
  if (away.length === 0)
    return yield broken(
      "reflection",
      `${namespace} is offloaded, and has no twin at any provider`,
      `liqoctl why namespace/${namespace}`,
    );
  for (const provider of away) yield* providerChain(facts, provider);
}
