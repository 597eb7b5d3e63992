/** Which classes of this cluster a consumer may choose. Upstream: …/remoteresourceslice-controller/slicestatus.go */
import type { StorageClass } from "kubernetes-types/storage/v1";
import type { ResourceSlice } from "#api/authentication/resourceslice.ts";
import type { OfferedClass, Settings } from "../../deps.ts";

type Status = NonNullable<ResourceSlice["status"]>;

export type OfferedClasses = Pick<Status, "storageClasses" | "ingressClasses" | "loadBalancerClasses">;
export type ClassSettings = Pick<
  Settings,
  "ingressClasses" | "loadBalancerClasses" | "hasStorage" | "realStorageClass"
>;

const IS_DEFAULT = "storageclass.kubernetes.io/is-default-class";

/** Kinds of which there is none are left out. */
export function offeredClasses(settings: ClassSettings, storage: readonly StorageClass[]): OfferedClasses {
  const storageClasses = named("storageClassName", settings.hasStorage ? storageOffered(settings, storage) : []);
  const ingressClasses = named("ingressClassName", settings.ingressClasses);
  const loadBalancerClasses = named("loadBalancerClassName", settings.loadBalancerClasses);
  return {
    ...(storageClasses.length > 0 && { storageClasses }),
    ...(ingressClasses.length > 0 && { ingressClasses }),
    ...(loadBalancerClasses.length > 0 && { loadBalancerClasses }),
  };
}

/** In the order of their names, so that the same classes are the same status. */
function storageOffered({ realStorageClass }: ClassSettings, storage: readonly StorageClass[]): OfferedClass[] {
  const isDefault = ({ metadata }: StorageClass): boolean =>
    realStorageClass === undefined
      ? metadata?.annotations?.[IS_DEFAULT] === "true"
      : metadata?.name === realStorageClass;
  return storage
    .map((each) => ({ name: each.metadata?.name ?? "", isDefault: isDefault(each) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

type Named<K extends string> = { [N in K]: string } & { default?: boolean };

function named<const K extends string>(field: K, classes: readonly OfferedClass[]): Named<K>[] {
  return classes.map(({ name, isDefault }) => ({ [field]: name, ...(isDefault && { default: true }) }) as Named<K>);
}
