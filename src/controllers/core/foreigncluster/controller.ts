/**
 * Keeps one ForeignCluster per peer: created when anything of the peer appears, its status rebuilt at each change. Writes
 * ForeignClusters. Upstream: pkg/liqo-controller-manager/core/foreigncluster-controller, foreigncluster-creator
 */
import type { Secret } from "kubernetes-types/core/v1";
import type { Identity } from "#api/authentication/identity.ts";
import { type ForeignCluster, foreignClusters } from "#api/core/foreigncluster.ts";
import { API_SERVER_CHECKER as FINALIZER } from "#api/finalizers.ts";
import type { Context } from "#base/context.ts";
import { forgeForeignCluster } from "#forge/foreigncluster.ts";
import { type Controller, DONE, type Result, watchFor, watchManual } from "#kube/controller/controller.ts";
import { ensureFinalizer, removeFinalizer } from "#kube/controller/finalizer.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { secrets } from "#machinery/builtin.ts";
import type { ObjectKey } from "#machinery/meta.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { agesInMs } from "#trust/connection.ts";
import { CONTROL_PLANE_SELECTOR, controlPlaneSecretProblem } from "#trust/control-plane-secret.ts";
import type { Deps } from "../../deps.ts";
import { ApiServerPings } from "./ping.ts";
import { hasAnything, ofPeer, peerSources } from "./sources.ts";
import { foreignClusterStatus } from "./status.ts";

interface Work {
  readonly deps: Deps;
  readonly foreign: Informer<ForeignCluster>;
  readonly secrets: Informer<Secret>;
  readonly sources: ReturnType<typeof peerSources>;
  readonly pings: ApiServerPings;
}

export function foreignClusterController(deps: Deps): Controller {
  const manual = watchManual();
  const work: Work = {
    deps,
    foreign: deps.informers.for(foreignClusters),
    secrets: deps.informers.for(secrets, { labelSelector: CONTROL_PLANE_SELECTOR }),
    sources: peerSources(deps),
    pings: new ApiServerPings(deps.settings, (peer) => manual.trigger({ name: peer })),
  };
  return {
    name: "foreigncluster",
    watches: [manual, watchFor(work.foreign), ofPeer(work.secrets), ...work.sources.watches],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const { deps, pings } = work;
  const { name: peer } = key;
  const seen = work.sources.observe(peer);
  const found = work.foreign.store.get(key);
  if (found === undefined) {
    if (hasAnything(seen)) await deps.client.createIfAbsent(ctx, foreignClusters, forgeForeignCluster(peer));
    return DONE;
  }
  if (found.metadata?.deletionTimestamp !== undefined) {
    pings.stop(peer);
    await removeFinalizer(ctx, deps.client, foreignClusters, found, FINALIZER);
    return DONE;
  }
  const cluster = await followPings(ctx, work, found, seen.identity);
  const nowMs = deps.clock.epochMs();
  const status = foreignClusterStatus(cluster, { ...seen, apiServer: pings.state(peer) }, nowMs);
  if (!jsonEquals(status, cluster.status)) await deps.client.updateStatus(ctx, foreignClusters, { ...cluster, status });
  // Nobody tells that nobody tells anything any more.
  const agesMs = agesInMs(seen.connection?.status, nowMs);
  return agesMs === undefined ? DONE : { requeueAfterMs: agesMs + 1 };
}

/** Pings run while there is an identity to ping with; the finalizer says so. */
async function followPings(
  ctx: Context,
  work: Work,
  cluster: ForeignCluster,
  identity: Identity | undefined,
): Promise<ForeignCluster> {
  const { deps, pings } = work;
  const peer = cluster.metadata?.name ?? "";
  const kubeconfig = kubeconfigOf(work, peer, identity);
  if (kubeconfig !== undefined) {
    pings.start(ctx, peer, { kubeconfig, tenantNamespace: identity?.spec?.namespace ?? "" });
    return ensureFinalizer(ctx, deps.client, foreignClusters, cluster, FINALIZER);
  }
  pings.stop(peer);
  await removeFinalizer(ctx, deps.client, foreignClusters, cluster, FINALIZER);
  return cluster;
}

/** Only what may be believed. */
function kubeconfigOf({ secrets: informer }: Work, peer: string, identity: Identity | undefined): string | undefined {
  const name = identity?.status?.kubeconfigSecretRef?.name;
  if (name === undefined) return undefined;
  const secret = informer.store.get({ namespace: identity?.metadata?.namespace ?? "", name });
  // The Identity lies in the peer's tenant namespace: only such are observed.
  const place = { peer, identity, wasBelieved: false };
  if (secret === undefined || controlPlaneSecretProblem(secret, place) !== undefined) return undefined;
  const encoded = secret.data?.["kubeconfig"];
  return encoded === undefined ? undefined : Buffer.from(encoded, "base64").toString("utf8");
}
