/** What can be asked for, in kubectl's spellings: `pod/web`, `pods web`, `svc/web`, `fc rome`. */
import { foreignClusters } from "#api/core/foreigncluster.ts";
import { namespaces, nodes, persistentVolumeClaims, pods, services } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import { CliError } from "../errors.ts";

export type WhyKind = "pod" | "service" | "node" | "namespace" | "persistentvolumeclaim" | "foreigncluster";

export interface KindNames {
  readonly resource: Resource;
  readonly short: readonly string[];
}

export const KINDS: Readonly<Record<WhyKind, KindNames>> = {
  pod: { resource: pods, short: ["po"] },
  service: { resource: services, short: ["svc"] },
  node: { resource: nodes, short: ["no"] },
  namespace: { resource: namespaces, short: ["ns"] },
  persistentvolumeclaim: { resource: persistentVolumeClaims, short: ["pvc"] },
  foreigncluster: { resource: foreignClusters, short: ["fc"] },
};

const KNOWN = "pod, service, node, namespace, pvc or foreigncluster";

export interface Asked {
  readonly kind: WhyKind;
  readonly name: string;
}

/** Throws a CliError for what is none. */
export function parseAsked(words: readonly string[]): Asked {
  const [first = "", second, ...more] = words;
  const [kindWord = "", name = "", ...rest] = second === undefined ? first.split("/") : [first, second];
  const kind = kindOf(kindWord);
  if (kind === undefined && kindWord !== "" && (second !== undefined || first.includes("/")))
    throw new CliError(`"${kindWord}" is nothing that can be asked for`, { hint: `ask for a ${KNOWN}` });
  if (kind === undefined || name === "" || rest.length > 0 || more.length > 0 || name.includes("/"))
    throw new CliError(`"${words.join(" ")}" is no object`, { hint: `name one as <kind>/<name>, with ${KNOWN}` });
  return { kind, name };
}

/** As kubectl: singular, plural, short, with or without the group. */
export function kindOf(word: string): WhyKind | undefined {
  const [name = "", ...group] = word.toLowerCase().split(".");
  const found = Object.entries(KINDS).find(([kind, { resource, short }]) => {
    const groups = ["", resource.group, resource.version, `${resource.version}.${resource.group}`];
    return groups.includes(group.join(".")) && [kind, resource.plural, ...short].includes(name);
  });
  return found?.[0] as WhyKind | undefined;
}
