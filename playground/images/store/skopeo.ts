/** Runs skopeo, which knows registries, archives and other engines' stores; what it says is put as a pod shows it. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Clock, systemClock } from "#base/clock.ts";
import { type Context, sleep, withCancel } from "#base/context.ts";
import { entriesOf } from "#base/folder.ts";
import { RunError, run } from "#base/run.ts";
import type { Places } from "./places.ts";

export interface SkopeoOptions {
  readonly places: Places;
  /** Put in front of the command: how to get to the machine's network. */
  readonly enter: readonly string[];
}

const INSPECT_DEADLINE_MS = 60_000;
// containerd: image_pull_progress_timeout
const STALL_MS = 300_000;
const LOOK_MS = 500;
const TOOLS: Readonly<Record<string, string>> = { skopeo: "skopeo", flock: "util-linux", tar: "tar" };

/** Packages that this machine needs for images that are not in the catalogue, and has not. */
export function missingPackages(path = process.env["PATH"] ?? ""): string[] {
  const folders = path.split(":");
  return Object.entries(TOOLS).flatMap(([tool, name]) =>
    folders.some((folder) => existsSync(join(folder, tool))) ? [] : [name],
  );
}

/** The manifest that a reference means, as it is in the registry: perhaps an index of several. */
export async function inspectRaw(
  ctx: Context,
  options: SkopeoOptions,
  source: string,
  authFile: string,
): Promise<string> {
  const args = ["inspect", "--raw", "--authfile", authFile, ...tlsFlags(options.places, source, ""), source];
  const { stdout } = await call(ctx, options, args, INSPECT_DEADLINE_MS);
  return stdout;
}

export interface CopyOptions {
  /** As skopeo names it: `docker://…`, `docker-archive:…`. */
  readonly source: string;
  readonly authFile?: string;
  /** A folder that becomes an OCI layout; its blobs go to the store's. */
  readonly layout: string;
  /** Bytes that the store has already; more than `mostBytes` ends the copy. */
  readonly usedBytes: () => number;
  readonly mostBytes: number;
  readonly clock?: Clock;
}

export async function copyToLayout(ctx: Context, options: SkopeoOptions, copy: CopyOptions): Promise<void> {
  const { places } = options;
  const args = [
    ...["copy", "--quiet", "--dest-oci-accept-uncompressed-layers", "--dest-shared-blob-dir", places.blobs],
    ...(copy.authFile === undefined ? [] : ["--src-authfile", copy.authFile]),
    ...(copy.source.startsWith("docker://") ? tlsFlags(places, copy.source, "src-") : []),
    ...[copy.source, `oci:${copy.layout}:image`],
  ];
  const { ctx: watched, cancel } = withCancel(ctx);
  const copying = call(watched, options, args);
  const why = await watch(watched, copy, copying, cancel);
  try {
    await copying;
  } catch (error) {
    throw why === undefined || ctx.signal.aborted ? error : new Error(why, { cause: error });
  }
}

/** Why the copy was given up; undefined when it has ended by itself. */
async function watch(
  ctx: Context,
  { layout, usedBytes, mostBytes, clock = systemClock }: CopyOptions,
  copying: Promise<unknown>,
  cancel: () => void,
): Promise<string | undefined> {
  let isOver = false;
  const { ctx: waiting, cancel: end } = withCancel(ctx);
  void copying
    .catch(() => undefined)
    .finally(() => {
      isOver = true;
      end();
    });
  let seen = -1;
  let sinceMs = clock.nowMs();
  while (!isOver && !ctx.signal.aborted) {
    await sleep(waiting, LOOK_MS, clock);
    const bytes = usedBytes() + entriesOf(layout).length;
    if (bytes !== seen) sinceMs = clock.nowMs();
    seen = bytes;
    const isStalled = clock.nowMs() - sinceMs > STALL_MS;
    if (bytes <= mostBytes && !isStalled) continue;
    cancel();
    return isStalled
      ? `nothing has come for ${STALL_MS / 1000} s`
      : `images take more than the ${mostBytes} bytes that they may have on this machine`;
  }
  return undefined;
}

async function call(
  ctx: Context,
  { places, enter }: SkopeoOptions,
  args: readonly string[],
  timeoutMs?: number,
): Promise<{ stdout: string }> {
  const missing = missingPackages();
  if (missing.length > 0)
    throw new Error(
      `this machine has no ${missing.join(" and no ")}, which pulls images; on Debian and Ubuntu: apt-get install ${missing.join(" ")}`,
    );
  const globals = [
    ...["--tmpdir", places.tmp],
    ...(hasPolicy() ? [] : ["--insecure-policy"]),
    ...(existsSync(places.registries) ? ["--registries-conf", places.registries] : []),
  ];
  const [file = "skopeo", ...rest] = [...enter, "skopeo", ...globals, ...args];
  try {
    return await run(file, rest, { signal: ctx.signal, ...(timeoutMs !== undefined && { timeoutMs }) });
  } catch (cause) {
    if (!(cause instanceof RunError)) throw cause;
    // Without the cause, which has the command with all its paths: what pods show is the registry's answer.
    throw new Error(
      cause.exitCode === undefined ? `no answer within ${(timeoutMs ?? 0) / 1000} s` : saidBy(cause.stderr),
    );
  }
}

/** What a fatal line of skopeo's log says. */
export function saidBy(stderr: string): string {
  const [, text = stderr.trim().split("\n").at(-1) ?? ""] = /level=fatal msg="((?:[^"\\]|\\.)*)"/.exec(stderr) ?? [];
  return text.replaceAll(/\\(.)/g, (_, sign: string) => (sign === "n" ? " " : sign));
}

/** Docker's rule, as long as nobody has said anything about registries: those of this machine may do without TLS. */
export function tlsFlags(places: Places, source: string, prefix: string): string[] {
  const hasOwn = existsSync(places.ca);
  const host = source.replace(/^docker:\/\//, "").split("/")[0] ?? "";
  const isLocal = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(host);
  return [
    ...(hasOwn ? [`--${prefix}cert-dir=${places.ca}`] : []),
    ...(isLocal && !hasOwn && !existsSync(places.registries) ? [`--${prefix}tls-verify=false`] : []),
  ];
}

/** Which signatures the machine wants; without a policy skopeo refuses everything. */
function hasPolicy(): boolean {
  return ["/etc/containers/policy.json", join(homedir(), ".config/containers/policy.json")].some((path) =>
    existsSync(path),
  );
}
