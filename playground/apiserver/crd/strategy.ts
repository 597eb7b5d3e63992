/** Stub. */
import type { KubeObject } from "#machinery/meta.ts";
import type { AnyStrategy } from "../strategy.ts";
export const crdStrategy: AnyStrategy = {
  resource: {
    group: "apiextensions.k8s.io",
    version: "v1",
    plural: "customresourcedefinitions",
    kind: "CustomResourceDefinition",
    namespaced: false,
  } as AnyStrategy["resource"],
  singular: "customresourcedefinition",
  shortNames: ["crd", "crds"],
  categories: ["api-extensions"],
  status: true,
} satisfies AnyStrategy as AnyStrategy;
export type Crd = KubeObject;
