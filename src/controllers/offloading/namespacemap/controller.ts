/**
 * On the provider: creates and deletes the twin namespaces that a replicated NamespaceMap asks for. Whose they are says the
 * tenant namespace that the map lies in, not the map. A namespace that it did not create is never touched.
 * Upstream: pkg/liqo-controller-manager/offloading/namespacemap-controller
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
import { TenantNamespaces } from "#trust/tenant-namespaces.ts";
import type { Deps } from "../../deps.ts";
import { ensurePodSecurity } from "./pod-security.ts";
import { isReserved, reservedMessage } from "./reserved.ts";

type Mapping = NonNullable<NonNullable<NamespaceMap["status"]>["currentMapping"]>;

const RETRY_MS = 5_000;

export function namespaceMapController(deps: Deps): Controller {
  const informer = deps.informers.for(namespaceMaps);
  const namespaceInformer = deps.informers.for(namespaces);
  const tenants = new TenantNamespaces(deps.informers);
  const events = deps.events("namespacemap-controller");
  return {
    name: "namespacemap",
    watches: [
      watchFor(informer, isReplica),
      tenants.watch((namespace) => informer.store.list(namespace).filter(isReplica).map(keyOf)),
      watchMapped(namespaceInformer, ({ metadata }) => {
        const owner = metadata?.annotations?.[annotations.MANAGED_BY_NAMESPACE_MAP];
        return owner === undefined ? [] : [parseKey(owner)];
      }),
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const found = informer.store.get(key);
      if (found === undefined || !isReplica(found)) return DONE;
      const isGoing = found.metadata?.deletionTimestamp !== undefined;
      const consumerId = tenants.peerOf(key.namespace);
      if (consumerId === undefined && !isGoing) return DONE;
      const map = isGoing ? found : await ensureFinalizer(ctx, deps.client, namespaceMaps, found, FINALIZER);
      const desired = isGoing ? {} : (map.spec?.desiredMapping ?? {});
      const managed = namespaceInformer.store.list().filter((namespace) => isManagedBy(namespace, map));
      const mapping: Mapping = {};
      for (const [origin, remote] of Object.entries(desired)) {
        const twin = { map, consumerId: consumerId ?? "", origin, remote };
        const phase = await ensureTwin(ctx, deps, twin);
        mapping[origin] = { remoteNamespace: remote, phase };
        if (phase === "Accepted" || map.status?.currentMapping?.[origin]?.phase === phase) continue;
        if (isReserved(remote, deps.settings)) events.warning(ctx, map, "ReservedNamespace", reservedMessage(remote));
      }
      for (const namespace of managed) {
        const origin = namespace.metadata?.annotations?.[annotations.ORIGINAL_NAME] ?? "";
        const name = namespace.metadata?.name ?? "";
        if (desired[origin] === name) continue;
        mapping[origin] = { remoteNamespace: name, phase: "Terminating" };
        await removeTwin(ctx, deps, namespace);
      }
      if (isGoing && managed.length === 0) {
        await removeFinalizer(ctx, deps.client, namespaceMaps, map, FINALIZER);
        return DONE;
      }
      return report(ctx, deps, map, mapping);
    },
  };
}

async function report(ctx: Context, deps: Deps, map: NamespaceMap, mapping: Mapping): Promise<Result> {
  if (!jsonEquals(mapping, map.status?.currentMapping ?? {}))
    await deps.client.updateStatus(ctx, namespaceMaps, { ...map, status: { currentMapping: mapping } });
  const isStuck = Object.values(mapping).some(({ phase }) => phase === "CreationLoopBackOff");
  return isStuck ? { requeueAfterMs: RETRY_MS } : DONE;
}

function isReplica({ metadata }: NamespaceMap): boolean {
  return metadata?.labels?.[labels.REPLICATED] === "true";
}

function isManagedBy(namespace: Namespace, map: NamespaceMap): boolean {
  return namespace.metadata?.annotations?.[annotations.MANAGED_BY_NAMESPACE_MAP] === formatKey(keyOf(map));
}

async function removeTwin(ctx: Context, deps: Deps, twin: Namespace): Promise<void> {
  const { deletionTimestamp, uid } = twin.metadata ?? {};
  if (deletionTimestamp !== undefined) return;
  await deps.client.deleteIfPresent(ctx, namespaces, keyOf(twin), uid === undefined ? {} : { uid });
}

interface Twin {
  readonly map: NamespaceMap;
  readonly consumerId: string;
  readonly origin: string;
  readonly remote: string;
}

async function ensureTwin(
  ctx: Context,
  deps: Deps,
  { map, consumerId, origin, remote }: Twin,
): Promise<NonNullable<Mapping[string]["phase"]>> {
  const managedBy = { [annotations.MANAGED_BY_NAMESPACE_MAP]: formatKey(keyOf(map)) };
  let twin = await deps.client.find(ctx, namespaces, { name: remote });
  if (twin === undefined) {
    if (isReserved(remote, deps.settings)) return "CreationLoopBackOff";
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
