/** Runs skopeo, which knows registries, archives and other engines' stores; what it says is put as a pod shows it. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Clock } from "#base/clock.ts";
import { type Context, withCancel } from "#base/context.ts";
import { RunError, type RunResult, run } from "#base/run.ts";
import { parseRetryAfter } from "../registry/challenge.ts";
import { RegistryError } from "../registry/registry-error.ts";
import type { Places } from "./places.ts";

export interface SkopeoOptions {
  readonly places: Places;
  /** Put in front of the command: how to get to the machine's network. */
  readonly enter: readonly string[];
  readonly clock: Clock;
}

const INSPECT_DEADLINE_MS = 60_000;
const TOO_MANY = / msg="Too many requests to (\S+): sleeping/;
// Of which a part has come already.
const MOST_LINE_LENGTH = 4096;
const TOOLS: Readonly<Record<string, string>> = { skopeo: "skopeo", curl: "curl", flock: "util-linux", tar: "tar" };

/** Packages that this machine needs for images that are not in the catalogue, and has not. */
export function missingPackages(path = process.env["PATH"] ?? ""): string[] {
  const folders = path.split(":");
  return Object.entries(TOOLS).flatMap(([tool, name]) =>
    folders.some((folder) => existsSync(join(folder, tool))) ? [] : [name],
  );
}

export interface Inspected {
  /** The manifest that the reference means, as it is in the registry: perhaps an index of several. */
  readonly raw: string;
  /** `https://registry-1.docker.io/v2/library/redis`, where it was found; undefined when skopeo does not say. */
  readonly repository: string | undefined;
}

/** Throws a RegistryError `rate-limited` at the first 429; skopeo alone would wait and ask four times more. */
export async function inspect(
  ctx: Context,
  options: SkopeoOptions,
  source: string,
  authFile: string,
): Promise<Inspected> {
  const args = ["inspect", "--raw", "--authfile", authFile, ...tlsFlags(options.places, source, ""), source];
  const { stdout, stderr } = await call(ctx, options, args, INSPECT_DEADLINE_MS);
  return { raw: stdout, repository: repositoryOf(stderr) };
}

/** By the last manifest that it asked for: mirrors, and which of them has the image, are skopeo's business. */
export function repositoryOf(log: string): string | undefined {
  return [...log.matchAll(/ msg="GET (https?:\/\/[^\s"]+\/v2\/[^\s"]+)\/manifests\/[^\s"/]+"/g)].at(-1)?.[1];
}

export interface CopyOptions {
  /** As skopeo names it: `docker://…`, `docker-archive:…`. */
  readonly source: string;
  readonly authFile?: string;
  /** Of Docker's daemon. */
  readonly dockerHost?: string;
  /** A folder that becomes an OCI layout; its blobs go to the store's, and those that are there are not asked for. */
  readonly layout: string;
}

export async function copyToLayout(ctx: Context, options: SkopeoOptions, copy: CopyOptions): Promise<void> {
  const { places } = options;
  const args = [
    ...["copy", "--quiet", "--dest-oci-accept-uncompressed-layers", "--dest-shared-blob-dir", places.blobs],
    ...(copy.authFile === undefined ? [] : ["--src-authfile", copy.authFile]),
    ...(copy.dockerHost === undefined ? [] : ["--src-daemon-host", copy.dockerHost]),
    ...(copy.source.startsWith("docker://") ? tlsFlags(places, copy.source, "src-") : []),
    ...[copy.source, `oci:${copy.layout}:image`],
  ];
  await call(ctx, options, args);
}

async function call(
  ctx: Context,
  { places, enter, clock }: SkopeoOptions,
  args: readonly string[],
  timeoutMs?: number,
): Promise<RunResult> {
  const missing = missingPackages();
  if (missing.length > 0)
    throw new Error(
      `this machine has no ${missing.join(" and no ")}, which pulls images; on Debian and Ubuntu: apt-get install ${missing.join(" ")}`,
    );
  const globals = [
    ...["--debug", "--tmpdir", places.tmp],
    ...(hasPolicy() ? [] : ["--insecure-policy"]),
    ...(existsSync(places.registries) ? ["--registries-conf", places.registries] : []),
  ];
  const [file = "skopeo", ...rest] = [...enter, "skopeo", ...globals, ...args];
  const { ctx: asking, cancel } = withCancel(ctx);
  let log = "";
  const onError = (text: string): void => {
    log += text;
    if (TOO_MANY.test(log.slice(-text.length - MOST_LINE_LENGTH))) cancel();
  };
  try {
    return await run(file, rest, { signal: asking.signal, onError, ...(timeoutMs !== undefined && { timeoutMs }) });
  } catch (cause) {
    const limited = limitIn(log, clock.epochMs());
    if (limited !== undefined) throw limited;
    if (!(cause instanceof RunError)) throw cause;
    // Without the cause, which has the command with all its paths: what pods show is the registry's answer.
    throw new Error(
      cause.exitCode === undefined ? `no answer within ${(timeoutMs ?? 0) / 1000} s` : saidBy(cause.stderr),
    );
  }
}

/** With the address that was asked, and how long the registry wants to be waited for. */
export function limitIn(log: string, epochMs: number): RegistryError | undefined {
  const url = TOO_MANY.exec(log)?.[1];
  if (url === undefined) return undefined;
  const after = / msg="Detected 'Retry-After' header \\"([^"\\]*)/.exec(log)?.[1];
  const retryAfterMs = parseRetryAfter(after, epochMs);
  return new RegistryError("rate-limited", "toomanyrequests: the registry answers 429", { retryAfterMs, url });
}

/** What a fatal line of skopeo's log says. */
export function saidBy(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "" && !/^time="[^"]*" level=debug /.test(line));
  const [, text = lines.at(-1) ?? ""] = /level=fatal msg="((?:[^"\\]|\\.)*)"/.exec(stderr) ?? [];
  return text.replaceAll(/\\(.)/g, (_, sign: string) => (sign === "n" ? " " : sign));
}

function tlsFlags(places: Places, source: string, prefix: string): string[] {
  const { certificates, isInsecure } = trustIn(places, source);
  return [
    ...(certificates === undefined ? [] : [`--${prefix}cert-dir=${certificates}`]),
    ...(isInsecure ? [`--${prefix}tls-verify=false`] : []),
  ];
}

export interface TrustedSource {
  /** A folder of the user's; undefined: the machine's own. */
  readonly certificates: string | undefined;
  /** Docker's rule, as long as nobody has said anything about registries: those of this machine may do without TLS. */
  readonly isInsecure: boolean;
}

export function trustIn(places: Places, source: string): TrustedSource {
  const hasOwn = existsSync(places.ca);
  const host = source.replace(/^docker:\/\//, "").split("/")[0] ?? "";
  const isLocal = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(host);
  return {
    certificates: hasOwn ? places.ca : undefined,
    isInsecure: isLocal && !hasOwn && !existsSync(places.registries),
  };
}

/** Which signatures the machine wants; without a policy skopeo refuses everything. */
function hasPolicy(): boolean {
  return ["/etc/containers/policy.json", join(homedir(), ".config/containers/policy.json")].some((path) =>
    existsSync(path),
  );
}
