/** What one provider has of a Service: its copy, the endpoints that are not there, the way to them. Pure. */
import type { Event } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import { ALLOW_REFLECTION, SKIP_REFLECTION } from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import { contains, parseCidr, parseIpv4 } from "#base/cidr.ts";
import { nameTaken } from "#forge/sentences.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { last } from "./life.ts";
import { broken, type Chain, type Link, ok } from "./link.ts";
import { networkChain } from "./network.ts";
import { isHidden, REMOTE_HINT, unseen, visible } from "./seen.ts";
import type { ServiceFacts, ServiceProvider, ServiceRemote } from "./service.ts";

export function* providerChain(facts: ServiceFacts, provider: ServiceProvider): Chain {
  const { id, remote, twin } = provider;
  const { metadata } = facts.service;
  const out = shutOut(facts.service, provider.policy.service, `service ${metadata?.name} -n ${metadata?.namespace}`);
  if (out !== undefined) return yield broken("reflection", `it is not offered to ${id}: ${out.says}`, out.hint);
  if (isHidden(remote)) yield unseen("reflection", id, remote, REMOTE_HINT);
  else yield* copyLink(facts, provider, remote);
  if (!isHidden(remote)) yield* endpointLinks(facts, provider, remote);
  yield* addressLink(facts, provider);
  if (facts.service.spec?.type !== "ExternalName") yield* networkChain(provider.peer);
  yield ok("provider", `pods in ${twin} at ${id} find it by its name`);
}

/** Why its annotations keep an object at home. */
function shutOut({ metadata }: KubeObject, policy: string, what: string): { says: string; hint: string } | undefined {
  const isSet = (key: string): boolean => (metadata?.annotations?.[key] ?? "false") !== "false";
  if (isSet(SKIP_REFLECTION) && isSet(ALLOW_REFLECTION))
    return {
      says: `it has both annotations, ${ALLOW_REFLECTION} and ${SKIP_REFLECTION}`,
      hint: `kubectl annotate ${what} ${SKIP_REFLECTION}-`,
    };
  if (policy === "AllowList")
    return isSet(ALLOW_REFLECTION)
      ? undefined
      : {
          says: `only what has the annotation ${ALLOW_REFLECTION}=true is (policy AllowList)`,
          hint: `kubectl annotate ${what} ${ALLOW_REFLECTION}=true`,
        };
  return isSet(SKIP_REFLECTION)
    ? { says: `it has the annotation ${SKIP_REFLECTION}`, hint: `kubectl annotate ${what} ${SKIP_REFLECTION}-` }
    : undefined;
}

function isOf(object: KubeObject, { clusterId }: ServiceFacts, id: string): boolean {
  const own = object.metadata?.labels;
  return own?.[labels.DESTINATION] === id && (clusterId === undefined || own[labels.ORIGIN] === clusterId);
}

function* copyLink(facts: ServiceFacts, { id, twin }: ServiceProvider, { service: copy }: ServiceRemote): Chain {
  const { name } = facts.service.metadata ?? {};
  if (isHidden(copy)) return yield unseen("reflection", `Service ${twin}/${name} at ${id}`, copy, REMOTE_HINT);
  if (copy !== undefined && !isOf(copy, facts, id))
    return yield broken(
      "reflection",
      nameTaken(id, twin),
      `give this one another name, or delete that one: kubectl delete service ${name} -n ${twin}`,
    );
  if (copy === undefined) {
    const told = toldOf(facts, id, ["FailedReflection"]);
    return yield told === undefined
      ? broken(
          "reflection",
          `${id} has no copy of it in ${twin}`,
          "see whether the virtual kubelet runs: kubectl get pods -A -l offloading.liqo.io/component=virtual-kubelet",
        )
      : broken(
          "reflection",
          `${id} has no copy of it: ${told.message}`,
          "mend what is named, or ask its administrator",
        );
  }
  yield ok(
    "reflection",
    `${id} has it in ${twin}${copy.spec?.clusterIP === undefined ? "" : `, as ${copy.spec.clusterIP}`}`,
  );
}

function toldOf({ events }: ServiceFacts, id: string, reasons: readonly string[]): Event | undefined {
  const own = visible(events)?.filter(
    ({ reason = "", message = "" }) => reasons.includes(reason) && message.includes(`"${id}"`),
  );
  return last(own ?? []);
}

/** Those that the provider does not have itself, because their pods are elsewhere. */
function* endpointLinks(facts: ServiceFacts, provider: ServiceProvider, remote: ServiceRemote): Chain {
  const slices = visible(facts.slices) ?? [];
  if (isHidden(remote.shadows))
    return yield unseen("endpoints away", `the ShadowEndpointSlices at ${provider.id}`, remote.shadows, REMOTE_HINT);
  for (const slice of slices) yield* sliceLinks(facts, provider, remote, slice);
  const all = foreign(slices, provider).length;
  const here = slices.flatMap(({ endpoints }) => endpoints ?? []).length - all;
  yield ok("endpoints away", `${provider.id} knows of ${all} elsewhere, and has ${here} itself`);
}

function foreign(slices: readonly EndpointSlice[], { peer }: ServiceProvider): readonly string[] {
  const native = new Set((visible(peer.nodes) ?? []).map(({ metadata }) => metadata?.name));
  return slices
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ nodeName }) => !native.has(nodeName))
    .flatMap(({ addresses }) => addresses);
}

function* sliceLinks(
  facts: ServiceFacts,
  provider: ServiceProvider,
  { shadows, slices, events }: ServiceRemote,
  slice: EndpointSlice,
): Chain {
  const { id, twin } = provider;
  const { name = "", namespace } = slice.metadata ?? {};
  const out = shutOut(slice, provider.policy.endpointslice, `endpointslice ${name} -n ${namespace}`);
  if (out !== undefined)
    return yield broken("endpoints away", `EndpointSlice ${name} is not offered to ${id}: ${out.says}`, out.hint);
  const shadow = visible(shadows)?.find(({ metadata }) => metadata?.name === name);
  if (shadow !== undefined && !isOf(shadow, facts, id))
    return yield broken(
      "endpoints away",
      `EndpointSlice ${name}: ${nameTaken(id, twin)}`,
      `give the EndpointSlice another name, or delete that one`,
    );
  const told = toldOf(facts, id, ["FailedReflection"]);
  if (shadow === undefined)
    return yield broken(
      "endpoints away",
      `${id} has none of EndpointSlice ${name}${told === undefined ? "" : `: ${told.message}`}`,
      "see the logs of the virtual kubelet",
    );
  const known = shadow.spec?.template?.endpoints?.flatMap(({ addresses }) => addresses) ?? [];
  const partial = toldOf(facts, id, ["PartialReflection"]);
  if (known.length < foreign([slice], provider).length)
    return yield broken(
      "addresses",
      partial?.message ??
        `${id} has ${known.length} of the ${foreign([slice], provider).length} endpoints of EndpointSlice ${name}`,
      "make an IP object (ipam.liqo.io) for each address that is no pod's",
    );
  yield* refusedLink(provider, name, known, { slices, events });
}

/** The provider lets nobody name addresses that are not the consumer's. */
function* refusedLink(
  { id, twin }: ServiceProvider,
  name: string,
  known: readonly string[],
  { slices, events }: Pick<ServiceRemote, "slices" | "events">,
): Chain {
  const refused = last(
    visible(events)?.filter(
      ({ reason, involvedObject }) => reason === "AddressesRefused" && involvedObject.name === name,
    ) ?? [],
  );
  if (refused !== undefined)
    return yield broken(
      "addresses",
      `${id} refuses addresses: ${refused.message}`,
      "only this cluster's own pods and IP objects are let pass",
    );
  const made = visible(slices)?.find(({ metadata }) => metadata?.name === name);
  if (isHidden(slices) || known.length === 0) return;
  yield made === undefined
    ? broken("endpoints away", `${id} has made no EndpointSlice of ${twin}/${name}`, "see its liqo-controller-manager")
    : readyThere(id, made);
}

function readyThere(id: string, { endpoints = [] }: EndpointSlice): Link {
  const ready = endpoints.filter(({ conditions }) => conditions?.ready !== false).length;
  return ready > 0 || endpoints.length === 0
    ? ok("endpoints away", `${id} has ${ready} of ${endpoints.length} of this cluster ready`)
    : broken(
        "endpoints away",
        `${id} takes none of its ${endpoints.length} endpoints of this cluster for ready`,
        `liqoctl why foreigncluster/${id}`,
      );
}

/** Pods at the provider are called here by where its CIDR was put. */
function* addressLink({ slices }: ServiceFacts, { id, peer }: ServiceProvider): Chain {
  const native = new Set((visible(peer.nodes) ?? []).map(({ metadata }) => metadata?.name));
  const cidrs = (visible(peer.configurations)?.[0]?.status?.remote?.cidr?.pod ?? []).flatMap(
    (cidr) => parseCidr(cidr) ?? [],
  );
  if (cidrs.length === 0) return;
  const away = (visible(slices) ?? [])
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ nodeName, targetRef }) => native.has(nodeName) && targetRef !== undefined)
    .flatMap(({ addresses }) => addresses);
  if (away.length === 0) return;
  const wrong = away.find((address) => {
    const ip = parseIpv4(address);
    return ip !== undefined && !cidrs.some((cidr) => contains(cidr, ip));
  });
  yield wrong === undefined
    ? ok("addresses", `pods at ${id} are ${away.slice(0, 3).join(", ")} here`)
    : broken(
        "addresses",
        `${wrong} of a pod at ${id} is not in the CIDR that pods of ${id} have here`,
        `liqoctl why foreigncluster/${id}`,
      );
}
