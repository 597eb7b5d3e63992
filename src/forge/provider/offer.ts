/**
 * What a consumer takes of the status that a provider gives a ResourceSlice: the provider is another organisation, and its
 * word ends up in a Node and in pods here. Used for the VirtualNode of a slice. Upstream takes all of it.
 */
import type { ResourceSlice } from "#api/authentication/resourceslice.ts";
import { dns1123Subdomain, labelValue, qualifiedName } from "#machinery/names.ts";
import { parseQuantityMilli } from "#machinery/quantity.ts";
import { isAcceptedNodeLabel } from "./node-labels.ts";

type Status = NonNullable<ResourceSlice["status"]>;

export type Offer = Pick<
  Status,
  "resources" | "nodeLabels" | "nodeSelector" | "storageClasses" | "ingressClasses" | "loadBalancerClasses"
>;

export interface AcceptedOffer {
  readonly offer: Offer;
  /** What was left out, in words: `label kubernetes.io/hostname`. */
  readonly dropped: readonly string[];
}

// Of each kind. No cluster has as many labels, resources or classes worth offering.
const MOST = 64;
// Words about what was dropped are for people.
const SHOWN_CHARACTERS = 80;

export function acceptOffer(status: Status | undefined): AcceptedOffer {
  const dropped: string[] = [];
  const drop = (what: string, name: string): false => {
    dropped.push(`${what} ${name.slice(0, SHOWN_CHARACTERS)}`);
    return false;
  };
  const map = (what: string, all: Entries | undefined, accepts: (key: string, value: string) => boolean) =>
    all === undefined
      ? undefined
      : Object.fromEntries(
          Object.entries(all).filter(([key, value], i) => (i < MOST && accepts(key, value)) || drop(what, key)),
        );
  const list = <T>(what: string, all: readonly T[] | undefined, nameOf: (each: T) => string, check: Check) =>
    all?.filter((each, i) => (i < MOST && check(nameOf(each)).length === 0) || drop(what, nameOf(each)));
  const { resources, nodeLabels, nodeSelector, storageClasses, ingressClasses, loadBalancerClasses } = status ?? {};
  const offer = {
    resources: map("resource", resources, isResource),
    nodeLabels: map("label", nodeLabels, isAcceptedNodeLabel),
    nodeSelector: map("node selector", nodeSelector, isLabel),
    storageClasses: list("storage class", storageClasses, (each) => each.storageClassName, dns1123Subdomain),
    ingressClasses: list("ingress class", ingressClasses, (each) => each.ingressClassName, dns1123Subdomain),
    loadBalancerClasses: list(
      "load balancer class",
      loadBalancerClasses,
      (each) => each.loadBalancerClassName,
      qualifiedName,
    ),
  };
  const present = Object.entries(offer).filter(([, value]) => value !== undefined);
  return { offer: Object.fromEntries(present) as Offer, dropped };
}

type Entries = Readonly<Record<string, string>>;
type Check = (name: string) => readonly string[];

function isResource(name: string, amount: string): boolean {
  return qualifiedName(name).length === 0 && (parseQuantityMilli(amount) ?? -1n) >= 0n;
}

function isLabel(key: string, value: string): boolean {
  return qualifiedName(key).length === 0 && labelValue(value).length === 0;
}
