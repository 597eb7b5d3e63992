/**
 * On the provider: creates and deletes the twin namespaces that a replicated NamespaceMap asks for. A namespace that it
 * did not create is never touched. Upstream: pkg/liqo-controller-manager/offloading/namespacemap-controller
 */
import type { Namespace } from "kubernetes-types/core/v1";
import * as annotations from "#api/annotations.ts";
import { NAMESPACE_MAP as FINALIZER } from "#api/finalizers.ts";
import * as labels from "#api/labels.ts";
import { type NamespaceMap, namespaceMaps } from "#api/offloading/namespace.ts";
import type { Context } from "#base/context.ts";
import { forgeNamespaceBinding } from "#forge/bindings.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import { ensureFinalizer, removeFinalizer } from "#kube/controller/finalizer.ts";
import { namespaces, roleBindings } from "#machinery/builtin.ts";
import { formatKey, keyOf, parseKey } from "#machinery/meta.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { isAlreadyExists } from "#machinery/status-error.ts";
import type { Deps } from "../../deps.ts";
import { ensurePodSecurity } from "./pod-security.ts";

type Mapping = NonNullable<NonNullable<NamespaceMap["status"]>["currentMapping"]>;

const RETRY_MS = 5_000;

export function namespaceMapController(deps: Deps): Controller {
  const informer = deps.informers.for(namespaceMaps);
  const namespaceInformer = deps.informers.for(namespaces);
  return {
    name: "namespacemap",
    watches: [
      watchFor(informer, isReplica),
      watchMapped(namespaceInformer, ({ metadata }) => {
        const owner = metadata?.annotations?.[annotations.MANAGED_BY_NAMESPACE_MAP];
        return owner === undefined ? [] : [parseKey(owner)];
      }),
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const found = informer.store.get(key);
      if (found === undefined || !isReplica(found)) return DONE;
      const isGoing = found.metadata?.deletionTimestamp !== undefined;
      const map = isGoing ? found : await ensureFinalizer(ctx, deps.client, namespaceMaps, found, FINALIZER);
      const desired = isGoing ? {} : (map.spec?.desiredMapping ?? {});
      const managed = namespaceInformer.store.list().filter((namespace) => isManagedBy(namespace, map));
      const mapping: Mapping = {};
      for (const [origin, remote] of Object.entries(desired)) {
        mapping[origin] = { remoteNamespace: remote, phase: await ensureTwin(ctx, deps, map, origin, remote) };
      }
      for (const namespace of managed) {
        const origin = namespace.metadata?.annotations?.[annotations.ORIGINAL_NAME] ?? "";
        const name = namespace.metadata?.name ?? "";
        if (desired[origin] === name) continue;
        mapping[origin] = { remoteNamespace: name, phase: "Terminating" };
        if (namespace.metadata?.deletionTimestamp === undefined) {
          const uid = namespace.metadata?.uid;
          await deps.client.deleteIfPresent(ctx, namespaces, { name }, uid === undefined ? {} : { uid });
        }
      }
      if (isGoing && managed.length === 0) {
        await removeFinalizer(ctx, deps.client, namespaceMaps, map, FINALIZER);
        return DONE;
      }
      if (!jsonEquals(mapping, map.status?.currentMapping ?? {})) {
        await deps.client.updateStatus(ctx, namespaceMaps, { ...map, status: { currentMapping: mapping } });
      }
      return Object.values(mapping).some(({ phase }) => phase === "CreationLoopBackOff")
        ? { requeueAfterMs: RETRY_MS }
        : DONE;
    },
  };
}

function isReplica({ metadata }: NamespaceMap): boolean {
  return metadata?.labels?.[labels.REPLICATED] === "true";
}

function isManagedBy(namespace: Namespace, map: NamespaceMap): boolean {
  return namespace.metadata?.annotations?.[annotations.MANAGED_BY_NAMESPACE_MAP] === formatKey(keyOf(map));
}

async function ensureTwin(
  ctx: Context,
  deps: Deps,
  map: NamespaceMap,
  origin: string,
  remote: string,
): Promise<NonNullable<Mapping[string]["phase"]>> {
  const consumerId = map.metadata?.labels?.[labels.REMOTE_CLUSTER_ID] ?? "";
  const managedBy = { [annotations.MANAGED_BY_NAMESPACE_MAP]: formatKey(keyOf(map)) };
  let twin = await deps.client.find(ctx, namespaces, { name: remote });
  if (twin === undefined) {
    const metadata = {
      name: remote,
      labels: { [labels.REMOTE_CLUSTER_ID]: consumerId },
      annotations: { ...managedBy, [annotations.ORIGINAL_NAME]: origin },
    };
    try {
      twin = await deps.client.create(ctx, namespaces, { metadata });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      return "CreationLoopBackOff";
    }
  }
  if (!isManagedBy(twin, map)) return "CreationLoopBackOff";
  if (twin.metadata?.deletionTimestamp !== undefined) return "Terminating";
  // Before the consumer has any right there.
  await ensurePodSecurity(ctx, deps, twin);
  await deps.client.apply(
    ctx,
    roleBindings,
    forgeNamespaceBinding(remote, map.metadata?.namespace ?? "", consumerId, managedBy),
  );
  return "Accepted";
}
