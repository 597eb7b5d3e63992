/** What comes into a twin namespace with it, and what goes with it, as reflection and its controllers do. Pure. */
import { ALLOW_REFLECTION, SKIP_REFLECTION } from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import type { NamespaceMap } from "#api/offloading/namespace.ts";
import type { ReflectorName } from "#api/offloading/reflectors.ts";
import type { VirtualNode } from "#api/offloading/virtualnode.ts";
import { forgeNamespaceBinding } from "#forge/bindings.ts";
import { ROOT_CA, remoteConfigMapName } from "#forge/configmap.ts";
import { isExportRecord, KUBERNETES_SERVICE } from "#forge/multicluster/slices.ts";
import { tenantNamespaceName } from "#forge/names.ts";
import { defaultOf, type ReflectionType, wishOf } from "#forge/reflection-policy.ts";
import { forgeTwin, managedBy } from "#forge/twin.ts";
import { namespaces, roleBindings } from "#machinery/builtin.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { type Part, type Step, step, titleOf } from "./model.ts";
import { removalOf } from "./removal.ts";

/** One provider's side of a namespace. */
export interface Twin {
  readonly provider: string;
  /** The namespace that the provider keeps for this cluster. */
  readonly tenantNamespace: string | undefined;
  /** Whether `objects` are all that is there as far as this user may see; else why it could not be looked at. */
  readonly silence?: string;
  /** What lies in the namespace, and the namespace itself if the user may see it. */
  readonly objects: readonly KubeObject[];
  /** Kinds that nobody showed. */
  readonly unlisted: readonly string[];
}

export interface TwinOf {
  readonly home: string;
  /** The namespace at home. */
  readonly origin: string;
  /** Its name at the provider. */
  readonly remote: string;
  readonly twin: Twin;
  /** The provider says that it is there; not every user sees it. */
  readonly isAccepted?: boolean;
}

/** The map as the provider has it, by which it knows its twins. */
function replicaOf(home: string, { provider, tenantNamespace = tenantNamespaceName(home) }: Twin): NamespaceMap {
  return { metadata: { name: provider, namespace: tenantNamespace } };
}

function ownObjects({ home, origin, remote, twin }: TwinOf): readonly Step[] {
  const map = replicaOf(home, twin);
  const binding = forgeNamespaceBinding(remote, map.metadata?.namespace ?? "", home, managedBy(map));
  return [
    step(
      twin.provider,
      "create",
      namespaces,
      forgeTwin({ map, consumerId: home, origin, remote }),
      `the twin of namespace ${origin}`,
    ),
    step(twin.provider, "create", roleBindings, binding, `${home} may run pods there`),
  ];
}

/** `locals`: what of the namespace may be reflected; `node`: the virtual node whose kubelet does it. */
export function twinGains(of: TwinOf, locals: readonly KubeObject[], node: VirtualNode | undefined): Part {
  const { twin, isAccepted } = of;
  const present = new Set(twin.objects.map(titleOf));
  const copies = locals.flatMap((local) => copyOf(local, of, { locals, types: typesOf(node) }) ?? []);
  return {
    steps: [...(isAccepted === true ? [] : ownObjects(of)), ...copies].filter(
      ({ object }) => !present.has(titleOf(object)),
    ),
    remarks: twin.silence === undefined ? [] : [unseen(of)],
  };
}

export function twinLoses(of: TwinOf): Part {
  const { twin, remote } = of;
  const roots = ownObjects(of).map(({ object, why }) => {
    // As it is there, if that was to be seen: it may have been changed.
    return { object: twin.objects.find((found) => titleOf(found) === titleOf(object)) ?? object, why };
  });
  const steps = removalOf(twin.provider, twin.objects, roots);
  const unlisted = twin.unlisted.filter((plural) => plural !== "rolebindings");
  const remarks = twin.silence !== undefined ? [unseen(of)] : unlisted.length > 0 ? [othersUnseen(of)] : [];
  return { steps, remarks: remarks.map((text) => `${text}; all in namespace ${remote} goes`) };
}

function unseen({ twin, remote }: TwinOf): string {
  return `${twin.provider} could not be asked about namespace ${remote}: ${twin.silence}`;
}

function othersUnseen({ twin }: TwinOf): string {
  return `what others have put there is not seen by the peering's identity: name ${twin.provider} by --remote-context`;
}

type Types = (reflector: ReflectorName) => ReflectionType | undefined;

/** As its flags tell the virtual kubelet; undefined where it is off. */
function typesOf(node: VirtualNode | undefined): Types {
  const args = (node?.spec?.template?.spec?.template?.spec?.containers ?? []).flatMap((each) => each.args ?? []);
  const flagValue = (flag: string): string | undefined =>
    args.find((arg) => arg.startsWith(`--${flag}=`))?.slice(flag.length + 3);
  return (reflector) => {
    if (flagValue(`${reflector}-reflection-workers`) === "0") return undefined;
    return flagValue(`${reflector}-reflection-type`) === "AllowList" ? "AllowList" : "DenyList";
  };
}

interface Reflection {
  readonly reflector: ReflectorName;
  /** At the provider, where it differs. */
  readonly kind?: string;
}

const REFLECTIONS: Readonly<Record<string, Reflection>> = {
  ConfigMap: { reflector: "configmap" },
  Secret: { reflector: "secret" },
  Service: { reflector: "service" },
  Ingress: { reflector: "ingress" },
  EndpointSlice: { reflector: "endpointslice", kind: "ShadowEndpointSlice" },
  NetworkPolicy: { reflector: "networkpolicy", kind: "ShadowNetworkPolicy" },
};

interface Home {
  readonly locals: readonly KubeObject[];
  readonly types: Types;
}

function copyOf(local: KubeObject, { home, origin, remote, twin }: TwinOf, seen: Home): readonly Step[] | undefined {
  const { kind = "", metadata } = local;
  const { name = "" } = metadata ?? {};
  const reflection = REFLECTIONS[kind];
  if (reflection === undefined || metadata?.deletionTimestamp !== undefined) return undefined;
  const type = seen.types(reflection.reflector);
  if (type === undefined || isExcluded(local) || !isWanted(local, type, seen.locals)) return undefined;
  const make = (as: string, why: string): Step => ({
    cluster: twin.provider,
    verb: "create",
    object: {
      kind: as,
      metadata: { name: kind === "ConfigMap" ? remoteConfigMapName(name, home) : name, namespace: remote },
    },
    why,
  });
  const copy = make(reflection.kind ?? kind, `reflects ${kind} ${origin}/${name}`);
  return kind === "NetworkPolicy" ? [copy, make(kind, `made of ShadowNetworkPolicy ${name}`)] : [copy];
}

/** The rules of the reflectors of ConfigMaps and EndpointSlices; the others have the general one. */
function isWanted({ kind, metadata }: KubeObject, type: ReflectionType, locals: readonly KubeObject[]): boolean {
  const own = metadata?.annotations;
  try {
    if (kind === "ConfigMap" && metadata?.name === ROOT_CA) return wishOf(own, type) ?? true;
    const speaks = own?.[ALLOW_REFLECTION] !== undefined || own?.[SKIP_REFLECTION] !== undefined;
    if (kind !== "EndpointSlice" || speaks) return wishOf(own, type) ?? defaultOf(type);
    const name = metadata?.labels?.[KUBERNETES_SERVICE];
    const service = locals.find((other) => other.kind === "Service" && other.metadata?.name === name);
    return wishOf(service?.metadata?.annotations, type) ?? defaultOf(type);
  } catch {
    // Annotations that contradict each other: reflection says so in an event, and does nothing.
    return false;
  }
}

function isExcluded(local: KubeObject): boolean {
  if (local.kind !== "EndpointSlice") return false;
  const isReflection = local.metadata?.labels?.[labels.ENDPOINT_SLICE_MANAGED_BY] === labels.ENDPOINT_SLICE_REFLECTION;
  return isReflection || isExportRecord(local);
}
