/**
 * Endpoints outside the provider, as ShadowEndpointSlices that the provider translates into EndpointSlices.
 * Upstream: pkg/virtualKubelet/reflection/exposition/endpointslice.go
 */
import type { Endpoint, EndpointSlice } from "kubernetes-types/discovery/v1";
import { ALLOW_REFLECTION, SKIP_REFLECTION, USE_DIRECT_CONNECTIONS } from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import { type ShadowEndpointSlice, shadowEndpointSlices } from "#api/offloading/shadow.ts";
import { isVirtualNode } from "#api/predicates.ts";
import { parseCidr, remapIp } from "#base/cidr.ts";
import { type EndpointOptions, forgeShadowEndpointSlice, untranslatedAddresses } from "#forge/endpointslice.ts";
import { isExportRecord, sourceOf } from "#forge/multicluster/slices.ts";
import { defaultOf, wishOf } from "#forge/reflection-policy.ts";
import { watchMapped } from "#kube/controller/controller.ts";
import { endpointSlices, services } from "#machinery/builtin.ts";
import { keyOf } from "#machinery/meta.ts";
import type { NamespacePair, ReflectionDeps } from "../deps.ts";
import { type ReflectorSpec, reflectorOf } from "../generic.ts";
import { isNative, translateAddress } from "./addresses.ts";

const SERVICE_NAME = "kubernetes.io/service-name";

const spec: ReflectorSpec<EndpointSlice, ShadowEndpointSlice> = {
  name: "endpointslice",
  local: endpointSlices,
  remote: shadowEndpointSlices,
  forge: (local, deps, pair) => forgeShadowEndpointSlice(local, pair.remote, deps.scope, optionsOf(local, deps, pair)),
  omitted: (local, deps, pair) => {
    const addresses = untranslatedAddresses(local, optionsOf(local, deps, pair));
    return addresses.length === 0
      ? undefined
      : `without ${addresses.join(", ")}: outside the pod CIDR ${deps.settings.localPodCidr}, and no IP object maps it`;
  },
  exclude: (slice, { settings }) => {
    const { metadata } = slice;
    // Made by another peer's reflection towards this cluster: handing it on would go in circles.
    const isReflection = metadata?.labels?.[labels.ENDPOINT_SLICE_MANAGED_BY] === labels.ENDPOINT_SLICE_REFLECTION;
    const isApiServer = metadata?.namespace === "default" && metadata.labels?.[SERVICE_NAME] === "kubernetes";
    return isReflection || isApiServer || isExportRecord(slice) || !settings.isIpReflected ? {} : undefined;
  },
  // Annotations of the slice win over those of its Service.
  policy: ({ metadata }, type, pair) => {
    const own = metadata?.annotations;
    const speaks = own?.[ALLOW_REFLECTION] !== undefined || own?.[SKIP_REFLECTION] !== undefined;
    return (speaks ? wishOf(own, type) : wishOf(serviceAnnotations(metadata, pair), type)) ?? defaultOf(type);
  },
  watches: ({ localNodes, localIps, settings }, pair, slices) => {
    const inNamespace = () => slices.store.list();
    return [
      watchMapped(pair.locals.for(services, { namespace: pair.local }), ({ metadata }) =>
        inNamespace()
          .filter((slice) => slice.metadata?.labels?.[SERVICE_NAME] === metadata?.name)
          .map(keyOf),
      ),
      watchMapped(localNodes, ({ metadata }) =>
        inNamespace()
          .filter(({ endpoints }) => (endpoints ?? []).some(({ nodeName }) => nodeName === metadata?.name))
          .map(keyOf),
      ),
      ...(settings.remotePodCidrs.length === 0
        ? []
        : [
            watchMapped(localIps, ({ spec: ip }) =>
              inNamespace()
                .filter(({ endpoints }) => (endpoints ?? []).some(({ addresses }) => addresses.includes(ip?.ip ?? "")))
                .map(keyOf),
            ),
          ]),
    ];
  },
};

function optionsOf(slice: EndpointSlice, deps: ReflectionDeps, pair: NamespacePair): EndpointOptions {
  const isDirect = serviceAnnotations(slice.metadata, pair)?.[USE_DIRECT_CONNECTIONS] === "true";
  return {
    isNative: (nodeName) => isNative(nodeName, deps),
    translate: (address) => translateAddress(address, deps),
    directTo: (endpoint) => (isDirect ? providerOf(endpoint, deps) : undefined),
    // The Service behind a ServiceImport selects nothing there.
    ...(sourceOf(slice) !== undefined && { giveBack: (address) => giveBackAddress(address, deps) }),
  };
}

function serviceAnnotations(
  slice: EndpointSlice["metadata"],
  pair: NamespacePair,
): Readonly<Record<string, string>> | undefined {
  const name = slice?.labels?.[SERVICE_NAME] ?? "";
  const service = pair.locals.for(services, { namespace: pair.local }).store.get({ namespace: pair.local, name });
  return service?.metadata?.annotations;
}

/** The cluster that a pod behind the Service was offloaded to. What somebody wrote into the slice by hand is no pod's. */
function providerOf({ nodeName, targetRef }: Endpoint, { localNodes }: ReflectionDeps): string | undefined {
  const node = targetRef === undefined ? undefined : localNodes.store.get({ name: nodeName ?? "" });
  return node !== undefined && isVirtualNode(node) ? node.metadata?.labels?.[labels.REMOTE_CLUSTER_ID] : undefined;
}

/** The provider's own address of its pod; undefined: it is none of the provider's. */
function giveBackAddress(address: string, { settings }: ReflectionDeps): string | undefined {
  if (settings.remotePodCidrs.length === 0) return address;
  for (const { from, to } of settings.remotePodCidrs) {
    const [own, seen] = [parseCidr(from), parseCidr(to)];
    const remapped = own === undefined || seen === undefined ? undefined : remapIp(address, seen, own);
    if (remapped !== undefined) return remapped;
  }
  return undefined;
}

export const endpointSliceReflector = reflectorOf(spec);
