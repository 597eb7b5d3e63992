/** The steps of a move. Each can be repeated, and finds what an earlier run has done. */
import type { Job } from "kubernetes-types/batch/v1";
import type { PersistentVolumeClaim, Secret } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { deployments, jobs, persistentVolumeClaims, secrets, services } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import { formatKey, type KubeObject, keyOf } from "#machinery/meta.ts";
import { type Cluster, waitFor } from "../../cluster.ts";
import { CliError } from "../../errors.ts";
import type { Printer } from "../../printer/printer.ts";
import {
  copyJobNameOf,
  forgeCopyJob,
  forgeNewClaim,
  forgeRepository,
  forgeRestoreJob,
  forgeSecret,
  type MoveOptions,
  moveStateOf,
} from "./forge.ts";
import { type Place, requireMovable, requireUnused, type Seen } from "./seen.ts";

/** How long things take that do not depend on the size of a volume. */
const SHORT_MS = 120_000;
const AGAIN = "repeat the command to go on: the copy is kept until then";

export interface Move {
  readonly printer: Printer;
  readonly cluster: Cluster;
  readonly place: Place;
  readonly options: MoveOptions;
}

/** Fills the repository, and says so in the Secret once it is verified. */
export async function copy(ctx: Context, move: Move, seen: Seen, isAnew: boolean): Promise<Secret> {
  const { printer, cluster, place, options } = move;
  const { client } = cluster;
  const claim = required(seen.claim);
  const isAtHome = await requireMovable(ctx, client, place, seen);
  const target = seen.node.metadata?.name ?? "";
  if (isAnew && seen.secret !== undefined) await clear(ctx, move, seen.secret);
  const secret = isAnew
    ? await client.create(ctx, secrets, forgeSecret(claim, target))
    : await mark(ctx, move, required(seen.secret), { targetNode: target, isCopied: "false" });
  await printer.step("local", "Repository is ready", () => openRepository(ctx, move, claim, secret, isAtHome));
  await printer.step("local", "All is copied and verified", async () => {
    const name = copyJobNameOf(place.name);
    await removeJob(ctx, move, name);
    await runJob(ctx, move, forgeCopyJob(place.name, secret, options), "the volume is as it was");
    // Whoever has used it meanwhile may have written behind the back of the copy.
    await requireUnused(ctx, client, place);
    await removeJob(ctx, move, name);
  });
  return mark(ctx, move, secret, { isCopied: "true" });
}

async function openRepository(
  ctx: Context,
  { cluster: { client }, options }: Move,
  claim: PersistentVolumeClaim,
  secret: Secret,
  isAtHome: boolean,
): Promise<void> {
  const repository = forgeRepository(claim, secret, options, isAtHome);
  await client.createIfAbsent(ctx, persistentVolumeClaims, repository.claim);
  await client.createIfAbsent(ctx, services, repository.service);
  await client.createIfAbsent(ctx, deployments, repository.deployment);
  await waitFor(ctx, client, deployments, keyOf(repository.deployment), {
    until: (found) => (found?.status?.availableReplicas ?? 0) > 0,
    timeoutMs: SHORT_MS,
    what: "the repository does not run",
  });
}

/** From here on the repository has the only copy. */
export async function recreate(ctx: Context, move: Move, seen: Seen, secret: Secret): Promise<PersistentVolumeClaim> {
  const { printer, cluster, place } = move;
  const { client } = cluster;
  const node = seen.node.metadata?.name ?? "";
  return printer.step("local", `Claim is made anew for node ${node}`, async () => {
    const sourceUid = moveStateOf(secret)?.sourceUid ?? "";
    await client.deleteIfPresent(ctx, persistentVolumeClaims, { ...place }, { uid: sourceUid });
    await waitFor(
      ctx,
      client,
      persistentVolumeClaims,
      { ...place },
      {
        until: (found) => found?.metadata?.uid !== sourceUid,
        timeoutMs: SHORT_MS,
        what: `the claim is not gone; ${AGAIN}`,
      },
    );
    const claim = forgeNewClaim(secret, node);
    await client.createIfAbsent(ctx, persistentVolumeClaims, claim);
    return client.get(ctx, persistentVolumeClaims, { ...place });
  });
}

export async function restore(ctx: Context, move: Move, seen: Seen, secret: Secret): Promise<void> {
  const { printer, options, cluster, place } = move;
  const claim = required(seen.claim);
  await printer.step("local", "All is restored and verified", async () => {
    await requireUnused(ctx, cluster.client, place);
    const job = forgeRestoreJob(claim, secret, options, seen.node);
    const found = await cluster.client.find(ctx, jobs, keyOf(job));
    if (found !== undefined && isFailed(found)) await removeJob(ctx, move, job.metadata?.name ?? "");
    await runJob(ctx, move, job, AGAIN);
  });
}

/** With the Secret goes all that it owns. */
export async function clear(ctx: Context, { cluster: { client } }: Move, secret: Secret): Promise<void> {
  const key = keyOf(secret);
  await client.deleteObserved(ctx, secrets, secret, { propagationPolicy: "Background" });
  for (const resource of [deployments, services, persistentVolumeClaims] as readonly Resource<KubeObject>[])
    await waitFor(ctx, client, resource, key, {
      until: (found) => found === undefined,
      timeoutMs: SHORT_MS,
      what: "it is not gone",
    });
}

async function mark(
  ctx: Context,
  { cluster: { client } }: Move,
  secret: Secret,
  stringData: Readonly<Record<string, string>>,
): Promise<Secret> {
  const { uid } = secret.metadata ?? {};
  return client.patch(ctx, secrets, keyOf(secret), "merge", { metadata: { uid }, stringData });
}

/** `afterwards`: how things stand when it fails. */
async function runJob(ctx: Context, move: Move, job: Job, afterwards: string): Promise<void> {
  const { client } = move.cluster;
  await client.createIfAbsent(ctx, jobs, job);
  // The job has its own deadline, beside what it takes to tell of it.
  const ended = await waitFor(ctx, client, jobs, keyOf(job), {
    until: (found) => found === undefined || isFailed(found) || (found.status?.succeeded ?? 0) > 0,
    timeoutMs: move.options.timeoutMs + SHORT_MS,
    what: `it has not ended; ${afterwards}`,
  });
  if (ended !== undefined && !isFailed(ended)) return;
  const why = ended?.status?.conditions?.find(({ type }) => type === "Failed")?.message ?? "it was deleted";
  throw new CliError(`Job ${formatKey(keyOf(job))} has failed: ${why}; ${afterwards}`, {
    hint: `see \`kubectl logs -n ${job.metadata?.namespace} job/${job.metadata?.name}\` and \`kubectl describe\``,
  });
}

async function removeJob(ctx: Context, { cluster: { client }, place }: Move, name: string): Promise<void> {
  const key = { namespace: place.namespace, name };
  // With its pods, which have the volume.
  await client.deleteIfPresent(ctx, jobs, key, { propagationPolicy: "Foreground" });
  await waitFor(ctx, client, jobs, key, {
    until: (found) => found === undefined,
    timeoutMs: SHORT_MS,
    what: "it is not gone",
  });
}

function isFailed({ status }: Job): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === "Failed" && is === "True") ?? false;
}

function required<T>(found: T | undefined): T {
  if (found === undefined) throw new Error("planned without what it needs");
  return found;
}
