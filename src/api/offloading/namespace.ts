/** NamespaceOffloading and NamespaceMap. Upstream: apis/offloading/v1beta1/{namespaceoffloading,namespacemap}_types.go */
import { dateTime, stringMap } from "../schema/common.ts";
import { array, integer, map, object, oneOf, required, string } from "../schema/dsl.ts";
import { AGE, defineKind, type ObjectOfKind } from "../schema/kind.ts";
import { nodeSelector } from "./selector.ts";

const GROUP = { group: "offloading.liqo.io", version: "v1beta1" } as const;

/** The only NamespaceOffloading of a namespace that counts. */
export const OFFLOADING_NAME = "offloading";

export const namespaceOffloadings = defineKind({
  ...GROUP,
  kind: "NamespaceOffloading",
  plural: "namespaceoffloadings",
  shortNames: ["nso", "nsof", "nsoff", "nsoffloading"],
  description: "The wish to extend a namespace to other clusters; the object is named offloading.",
  spec: required(
    object({
      clusterSelector: nodeSelector,
      namespaceMappingStrategy: oneOf(["EnforceSameName", "DefaultName", "SelectedName"], { default: "DefaultName" }),
      podOffloadingStrategy: oneOf(["Local", "Remote", "LocalAndRemote"], { default: "LocalAndRemote" }),
      remoteNamespaceName: string(),
    }),
  ),
  status: object({
    observedGeneration: integer("int64"),
    offloadingPhase: string(),
    remoteNamespaceName: string(),
    remoteNamespacesConditions: map(
      array(
        object({
          lastTransitionTime: dateTime,
          message: string(),
          reason: string(),
          status: required(string()),
          type: required(string()),
        }),
      ),
    ),
  }),
  subresources: "status",
  columns: [
    { name: "NamespaceMappingStrategy", type: "string", jsonPath: ".spec.namespaceMappingStrategy" },
    { name: "PodOffloadingStrategy", type: "string", jsonPath: ".spec.podOffloadingStrategy" },
    { name: "OffloadingPhase", type: "string", jsonPath: ".status.offloadingPhase" },
    { name: "RemoteNamespaceName", type: "string", jsonPath: ".status.remoteNamespaceName", priority: 10 },
    AGE,
  ],
});

export const namespaceMaps = defineKind({
  ...GROUP,
  kind: "NamespaceMap",
  plural: "namespacemaps",
  shortNames: ["nm", "nsmap"],
  description: "Which local namespaces have a twin at one peer; replicated between the two clusters.",
  spec: object({ desiredMapping: stringMap }),
  status: object({
    currentMapping: map(
      object({ phase: oneOf(["Accepted", "CreationLoopBackOff", "Terminating"]), remoteNamespace: string() }),
    ),
  }),
  subresources: "status",
  columns: [{ name: "Local", type: "string", jsonPath: ".metadata.labels.liqo\\.io/replication" }, AGE],
});

export type NamespaceOffloading = ObjectOfKind<typeof namespaceOffloadings>;
export type NamespaceMap = ObjectOfKind<typeof namespaceMaps>;
