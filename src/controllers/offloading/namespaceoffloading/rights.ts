/** The rights of virtual kubelets in an offloaded namespace: there before it is reflected, gone after. */
import type { RoleBinding } from "kubernetes-types/rbac/v1";
import type { NamespaceMap } from "#api/offloading/namespace.ts";
import type { VirtualNode } from "#api/offloading/virtualnode.ts";
import { forgeVkNamespaceBinding, isVkNamespaceBinding } from "#forge/virtualnode-rights.ts";
import { contains } from "#machinery/contains.ts";

export interface RightsSeen {
  readonly namespace: string;
  readonly nodes: readonly VirtualNode[];
  /** Ids of the providers that the namespace is to be offloaded to. */
  readonly required: ReadonlySet<string>;
  /** This cluster's own maps, each named after its provider. */
  readonly maps: readonly NamespaceMap[];
  /** The RoleBindings of virtual kubelets in the namespace. */
  readonly bindings: readonly RoleBinding[];
}

export interface RightsPlan {
  readonly grant: readonly RoleBinding[];
  readonly revoke: readonly RoleBinding[];
}

/** Granted to those that were asked for; kept, not granted, while the provider still tells of a twin. */
export function planRights({ namespace, nodes, required, maps, bindings }: RightsSeen): RightsPlan {
  const mapped = new Set(maps.filter((map) => map.status?.currentMapping?.[namespace] !== undefined).map(providerOf));
  const bindingsTo = (providers: ReadonlySet<string>): RoleBinding[] =>
    nodes
      .filter(({ spec }) => providers.has(spec?.clusterID ?? ""))
      .map((node) => forgeVkNamespaceBinding(node, namespace));
  const wanted = bindingsTo(required);
  const found = new Map(bindings.filter(isVkNamespaceBinding).map((binding) => [binding.metadata?.name, binding]));
  const names = new Set([...wanted, ...bindingsTo(mapped)].map(({ metadata }) => metadata?.name));
  return {
    grant: wanted.filter((binding) => !contains(found.get(binding.metadata?.name), binding)),
    revoke: [...found.values()].filter(({ metadata }) => !names.has(metadata?.name)),
  };
}

function providerOf({ metadata }: NamespaceMap): string {
  return metadata?.name ?? "";
}
