/** What goes when Liqo is uninstalled: what Helm knows of its release, and what Liqo has made for itself. Pure. */
import { foreignClusters } from "#api/core/foreigncluster.ts";
import { ips } from "#api/ipam/ip.ts";
import { networks } from "#api/ipam/network.ts";
import * as labels from "#api/labels.ts";
import { firewallConfigurations } from "#api/networking/firewallconfiguration.ts";
import { internalNodes } from "#api/networking/internal.ts";
import { routeConfigurations } from "#api/networking/routeconfiguration.ts";
import { KEYS_SECRET } from "#forge/names.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { RELEASE } from "../helm.ts";
import type { Part } from "./model.ts";
import { removalOf, unlistedRemarks } from "./removal.ts";

/** What Liqo makes for itself, whose finalizers its controllers take off. In this order. */
export const OWN_KINDS: readonly Resource<KubeObject>[] = [
  foreignClusters,
  internalNodes,
  ips,
  routeConfigurations,
  firewallConfigurations,
  networks,
];

export interface UninstallFacts {
  readonly id: string;
  readonly liqoNamespace: string;
  /** All that lies in no namespace, in Liqo's or in a namespace for a peer, and all of Liqo's kinds. */
  readonly objects: readonly KubeObject[];
  /** With data of volumes of the class liqo: they stay. */
  readonly storageNamespacesInUse: ReadonlySet<string>;
  /** Kinds and groups that could not be listed. */
  readonly unlisted: readonly string[];
}

/** `purge`: CRDs and namespaces, too. */
export function planUninstalling(facts: UninstallFacts, purge: boolean): Part {
  const { id, liqoNamespace, objects, storageNamespacesInUse } = facts;
  const own = new Set(OWN_KINDS.map(({ kind }) => kind));
  const why = (object: KubeObject): string | undefined => {
    if (own.has(object.kind ?? "") && isLiqos(object.apiVersion)) return "Liqo has made it for itself";
    if (isOfRelease(object, liqoNamespace)) return "it is of the chart";
    return purge ? purgedBecause(object, facts) : undefined;
  };
  const roots = objects.flatMap((object) => {
    const reason = why(object);
    return reason === undefined ? [] : [{ object, why: reason }];
  });
  const staying = purge
    ? [...storageNamespacesInUse].map(
        (name) => `namespace ${name} stays: claims in it have the data of volumes made by Liqo`,
      )
    : [];
  return { steps: removalOf(id, objects, roots), remarks: [...staying, ...unlistedRemarks(facts.unlisted, id)] };
}

function isLiqos(apiVersion = ""): boolean {
  return /\.liqo\.io\//.test(apiVersion);
}

/** Helm marks what it has made; its record of a release is a Secret. */
function isOfRelease({ kind, metadata }: KubeObject, liqoNamespace: string): boolean {
  const { annotations = {}, labels: own = {}, name = "", namespace } = metadata ?? {};
  if (annotations["helm.sh/resource-policy"] === "keep") return false;
  const isMarked =
    annotations["meta.helm.sh/release-name"] === RELEASE &&
    annotations["meta.helm.sh/release-namespace"] === liqoNamespace;
  const isRecord =
    kind === "Secret" &&
    namespace === liqoNamespace &&
    own["owner"] === "helm" &&
    name.startsWith(`sh.helm.release.v1.${RELEASE}.`);
  return isMarked || isRecord;
}

function purgedBecause(
  { apiVersion, kind, metadata }: KubeObject,
  { liqoNamespace, storageNamespacesInUse }: UninstallFacts,
): string | undefined {
  const { name = "", namespace, labels: own = {} } = metadata ?? {};
  if (kind === "CustomResourceDefinition") return name.endsWith(".liqo.io") ? "--purge" : undefined;
  if (isLiqos(apiVersion)) return "its CRD goes";
  if (kind === "Secret" && namespace === liqoNamespace && OWN_SECRETS.has(name)) return "Liqo's own";
  if (kind !== "Namespace") return undefined;
  const isStorage = own[labels.STORAGE_NAMESPACE] === "true" && !storageNamespacesInUse.has(name);
  return name === liqoNamespace || own[labels.TENANT_NAMESPACE] === "true" || isStorage ? "--purge" : undefined;
}

/** Keys that controllers and chart make: nobody's copy, and nobody else's. */
export const WEBHOOK_SECRET = "liqo-webhook-certs";
const OWN_SECRETS = new Set([KEYS_SECRET, WEBHOOK_SECRET]);
