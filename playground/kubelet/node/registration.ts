/** Registers the node, renews its lease and keeps its status fresh. Kubernetes: pkg/kubelet (tryRegisterWithAPIServer, tryUpdateNodeStatus), component-helpers/apimachinery/lease */
import type { Clock } from "#base/clock.ts";
import { type Context, sleep } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { leases, nodes } from "#machinery/builtin.ts";
import { microTimestamp, timestamp } from "#machinery/conditions.ts";
import { isAlreadyExists } from "#machinery/status-error.ts";
import type { UsedImage } from "../image.ts";
import { forgeNode, forgeNodeStatus, labelsOf, type Machine, type NodeSettings } from "./node-object.ts";

// Kubernetes defaults: leases of 40 s renewed every 10 s, a status report every 5 minutes or when it changes.
const LEASE_SECONDS = 40;
const RENEW_MS = 10_000;
const REPORT_MS = 300_000;
const IMAGES_MS = 10_000;
const RETRY_MS = 1_000;
const LEASE_NAMESPACE = "kube-node-lease";

export interface RegistrationDeps {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly settings: NodeSettings;
  readonly machine: Machine;
  readonly listImages: () => readonly UsedImage[];
}

/** Resolves when the node is registered; keeps it so until the context ends. */
export async function startRegistration(ctx: Context, deps: RegistrationDeps): Promise<void> {
  while (!ctx.signal.aborted) {
    try {
      await register(ctx, deps);
      await renewLease(ctx, deps);
      break;
    } catch (error) {
      ctx.log.debug("node not registered yet", { error: messageOf(error) });
      await sleep(ctx, RETRY_MS, deps.clock);
    }
  }
  void repeat(ctx, deps.clock, () => renewLease(ctx, deps));
  void repeat(ctx, deps.clock, statusReporter(ctx, deps));
}

async function register(ctx: Context, deps: RegistrationDeps): Promise<void> {
  const node = forgeNode(deps.settings, deps.machine, timestamp(deps.clock.epochMs()));
  try {
    await deps.client.create(ctx, nodes, node);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const labels = labelsOf(deps.settings, deps.machine);
    await deps.client.patch(ctx, nodes, { name: deps.settings.name }, "merge", { metadata: { labels } });
  }
  await report(ctx, deps, deps.listImages());
}

/** A full report now and then; in between when the images or our conditions have changed, or the node is gone. */
function statusReporter(ctx: Context, deps: RegistrationDeps): () => Promise<void> {
  let reportedAtMs = deps.clock.nowMs();
  let reported = "";
  return async () => {
    const node = await deps.client.find(ctx, nodes, { name: deps.settings.name });
    if (node === undefined) return register(ctx, deps);
    const ready = node.status?.conditions?.find((condition) => condition.type === "Ready")?.status;
    const ageMs = deps.clock.nowMs() - reportedAtMs;
    if (ready === "True" && ageMs <= IMAGES_MS) return undefined;
    // Once: they are read from the disk.
    const images = deps.listImages();
    const listed = JSON.stringify(images);
    if (ready === "True" && ageMs < REPORT_MS && listed === reported) return undefined;
    await report(ctx, deps, images);
    reported = listed;
    reportedAtMs = deps.clock.nowMs();
    return undefined;
  };
}

async function report(ctx: Context, deps: RegistrationDeps, images: readonly UsedImage[]): Promise<void> {
  const key = { name: deps.settings.name };
  const node = await deps.client.get(ctx, nodes, key);
  const previous = node.status?.conditions ?? [];
  const now = timestamp(deps.clock.epochMs());
  const status = forgeNodeStatus(deps.settings, deps.machine, { now, images, previous });
  // Conditions by their types: others' stay, also those that come in between. Kubernetes: pkg/util/node PatchNodeStatus
  await deps.client.patch(ctx, nodes, key, "strategic", { status }, { subresource: "status" });
  if (node.spec?.podCIDR === undefined) {
    const { podCidr } = deps.settings;
    await deps.client.patch(ctx, nodes, key, "merge", { spec: { podCIDR: podCidr, podCIDRs: [podCidr] } });
  }
}

async function renewLease(ctx: Context, deps: RegistrationDeps): Promise<void> {
  const { name } = deps.settings;
  const key = { namespace: LEASE_NAMESPACE, name };
  const renewTime = microTimestamp(deps.clock.epochMs());
  const lease = await deps.client.find(ctx, leases, key);
  if (lease !== undefined) {
    await deps.client.patch(ctx, leases, key, "merge", {
      spec: { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime },
    });
    return;
  }
  const node = await deps.client.get(ctx, nodes, { name });
  const owner = { apiVersion: "v1", kind: "Node", name, uid: node.metadata?.uid ?? "" };
  await deps.client.create(ctx, leases, {
    metadata: { ...key, ownerReferences: [owner] },
    spec: { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime },
  });
}

async function repeat(ctx: Context, clock: Clock, work: () => Promise<void>): Promise<void> {
  for (;;) {
    await sleep(ctx, RENEW_MS, clock);
    if (ctx.signal.aborted) return;
    await work().catch((error: unknown) => ctx.log.debug("node report failed", { error: messageOf(error) }));
  }
}
