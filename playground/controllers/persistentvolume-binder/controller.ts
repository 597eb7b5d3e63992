/**
 * Binds claims to volumes and makes volumes of the class `local-path`: folders of the machine, each on one node.
 * Kubernetes: pkg/controller/volume/persistentvolume; provisioner: github.com/rancher/local-path-provisioner
 */
import type { Node, PersistentVolume, PersistentVolumeClaim } from "kubernetes-types/core/v1";
import type { StorageClass } from "kubernetes-types/storage/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import type { Store } from "#kube/informer/store.ts";
import { nodes, persistentVolumeClaims, persistentVolumes, storageClasses } from "#machinery/builtin.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import { SELECTED_NODE } from "#machinery/volume.ts";
import type { Deps } from "../deps.ts";
import { nameProvisioner, provision } from "../local-path-provisioner/provision.ts";
import { type ClaimPlan, planClaim } from "./plan.ts";

const BOUND_BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller";
const BIND_COMPLETED = "pv.kubernetes.io/bind-completed";

interface Stores {
  readonly claims: Store<PersistentVolumeClaim>;
  readonly volumes: Store<PersistentVolume>;
  readonly classes: Store<StorageClass>;
  readonly nodes: Store<Node>;
}

export function claimBinder(deps: Deps): Controller {
  const claims = deps.informers.for(persistentVolumeClaims);
  const volumes = deps.informers.for(persistentVolumes);
  const classes = deps.informers.for(storageClasses);
  const nodeInformer = deps.informers.for(nodes);
  const stores: Stores = {
    claims: claims.store,
    volumes: volumes.store,
    classes: classes.store,
    nodes: nodeInformer.store,
  };
  const unbound = (): ObjectKey[] =>
    claims.store
      .list()
      .filter(({ status }) => status?.phase !== "Bound")
      .map(keyOf);
  return {
    name: "persistentvolume-binder",
    watches: [
      watchFor(claims),
      watchMapped(volumes, ({ spec }) =>
        spec?.claimRef?.name === undefined
          ? unbound()
          : [{ namespace: spec.claimRef.namespace ?? "", name: spec.claimRef.name }],
      ),
      watchMapped(classes, unbound),
      // For its copy alone: which node a claim is for is said on the claim.
      watchMapped(nodeInformer, () => []),
    ],
    reconcile: (ctx, key) => reconcile(ctx, deps, stores, key),
  };
}

async function reconcile(ctx: Context, deps: Deps, stores: Stores, key: ObjectKey): Promise<Result> {
  const claim = stores.claims.get(key);
  if (claim === undefined || claim.metadata?.deletionTimestamp !== undefined) return DONE;
  const storageClass = stores.classes.get({ name: claim.spec?.storageClassName ?? "" });
  const node = stores.nodes.get({ name: claim.metadata?.annotations?.[SELECTED_NODE] ?? "" });
  await act(ctx, deps, claim, planClaim(claim, storageClass, stores.volumes.list(), node));
  return DONE;
}

async function act(ctx: Context, deps: Deps, claim: PersistentVolumeClaim, plan: ClaimPlan): Promise<void> {
  if (plan.do === "bind") await bind(ctx, deps, claim, plan.volume);
  if (plan.do === "provision") await provision(ctx, deps, claim, plan.nodeName);
  if (plan.do === "lose") {
    await deps.client.updateStatus(ctx, persistentVolumeClaims, { ...claim, status: { phase: "Lost" } });
    const message = "Bound claim has lost its PersistentVolume. Data on the volume is lost!";
    deps.events.warning(ctx, claim, "ClaimLost", message);
  }
  if (plan.do !== "wait" || plan.reason === undefined) return;
  if (plan.provisioner !== undefined) await nameProvisioner(ctx, deps, claim, plan.provisioner);
  const record = plan.reason.endsWith("Failed") ? "warning" : "normal";
  deps.events[record](ctx, claim, plan.reason, plan.message ?? "");
}

/** The volume first: its claimRef is what decides between two claims that want it. */
async function bind(ctx: Context, deps: Deps, claim: PersistentVolumeClaim, volume: PersistentVolume): Promise<void> {
  const { name = "", namespace = "default", uid = "", resourceVersion = "" } = claim.metadata ?? {};
  if (volume.spec?.claimRef?.uid !== uid) {
    const claimRef = { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name, uid, resourceVersion };
    await deps.client.patch(ctx, persistentVolumes, keyOf(volume), "merge", {
      metadata: {
        resourceVersion: volume.metadata?.resourceVersion,
        annotations: { [BOUND_BY_CONTROLLER]: "yes" },
      },
      spec: { claimRef },
    });
  }
  const annotations = claim.metadata?.annotations ?? {};
  if (claim.spec?.volumeName !== volume.metadata?.name || annotations[BIND_COMPLETED] !== "yes") {
    const wasChosen = (claim.spec?.volumeName ?? "") === "";
    const added = { [BIND_COMPLETED]: "yes", ...(wasChosen && { [BOUND_BY_CONTROLLER]: "yes" }) };
    const spec = { volumeName: volume.metadata?.name };
    await deps.client.patch(ctx, persistentVolumeClaims, keyOf(claim), "merge", {
      metadata: { annotations: added },
      spec,
    });
  }
  if (claim.status?.phase === "Bound") return;
  const status = { phase: "Bound", accessModes: volume.spec?.accessModes ?? [], capacity: volume.spec?.capacity ?? {} };
  await deps.client.patch(ctx, persistentVolumeClaims, keyOf(claim), "merge", { status }, { subresource: "status" });
}
