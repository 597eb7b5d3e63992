/** The volumes of one pod on disk: made before its containers, kept current while it runs, removed after them. Kubernetes: pkg/kubelet/volumemanager */
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, normalize } from "node:path";
import type { Container, Pod, Volume, VolumeMount } from "kubernetes-types/core/v1";
import type { Clock } from "#base/clock.ts";
import { type Context, sleep } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { persistentVolumeClaims, persistentVolumes } from "#machinery/builtin.ts";
import { unitsOf } from "#machinery/quantity.ts";
import type { RunProgram } from "../host.ts";
import { expand } from "../pod/environment.ts";
import type { NodeResources, PodAddresses } from "../pod/field-ref.ts";
import type { Mount } from "../runtime/oci-spec.ts";
import { writePayload } from "./atomic-writer.ts";
import type { ObjectWatch, WatchedKind } from "./object-watch.ts";
import { environmentObjects, objectsOf, type Payload, payloadOf, tokensOf, VolumeNotReady } from "./payload.ts";
import type { TokenCache } from "./token.ts";

export interface VolumeDeps {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly run: RunProgram;
  readonly objects: ObjectWatch;
  readonly tokens: TokenCache;
  readonly nodeResources: NodeResources;
}

const MOUNT_DEADLINE_MS = 10_000;
const SYNC_DEADLINE_MS = 3_000;
const RETRY_MS = 5_000;

export class PodVolumes {
  readonly #deps: VolumeDeps;
  readonly #directory: string;
  readonly #paths = new Map<string, string>();
  #pod: Pod;

  constructor(deps: VolumeDeps, directory: string, pod: Pod) {
    this.#deps = deps;
    this.#directory = directory;
    this.#pod = pod;
  }

  /** Makes every volume; throws VolumeNotReady while an object is missing. Resolves with the time of the next refresh. */
  async prepare(ctx: Context, pod: Pod, addresses: Promise<PodAddresses>, onChange: () => void): Promise<number> {
    this.#pod = pod;
    const volumes = pod.spec?.volumes ?? [];
    const uid = pod.metadata?.uid ?? "";
    const namespace = pod.metadata?.namespace ?? "";
    const uses = [...volumes.flatMap(objectsOf), ...environmentObjects(pod)];
    const watches = uses.map(({ kind, name }) => this.#watch(ctx, { kind, namespace, name }, { uid, onChange }));
    const requests = volumes.flatMap(tokensOf);
    const due = requests.map((token) => this.#deps.tokens.ensure(ctx, pod, token.audience, token.expirationSeconds));
    const gathered = this.#gather(ctx, Promise.all([Promise.all(due), Promise.all(watches)]));
    const [refreshAtMs, known] = await Promise.all([gathered, addresses]);
    for (const volume of volumes) this.#paths.set(volume.name, await this.#attempt(ctx, volume, known));
    return refreshAtMs;
  }

  /** What an earlier agent left on disk serves until the API server answers. */
  async #gather(ctx: Context, work: Promise<[number[], unknown]>): Promise<number> {
    try {
      const [refreshAtMs] = await work;
      return Math.min(...refreshAtMs, Number.POSITIVE_INFINITY);
    } catch (error) {
      if (!existsSync(this.#directory)) throw error;
      ctx.log.debug("volumes stay as they are", { error: messageOf(error) });
      return this.#deps.clock.epochMs() + RETRY_MS;
    }
  }

  async #watch(
    ctx: Context,
    at: { kind: WatchedKind; namespace: string; name: string },
    user: { uid: string; onChange: () => void },
  ): Promise<void> {
    const late = sleep(ctx, SYNC_DEADLINE_MS, this.#deps.clock).then(() => true);
    const isLate = await Promise.race([late, this.#deps.objects.use(at.kind, at.namespace, at.name, user)]);
    if (isLate !== true) return;
    throw new VolumeNotReady(`failed to sync ${at.kind.toLowerCase()} cache: timed out waiting for the condition`);
  }

  /** Removes what is ours; data behind hostPath and claims stays. */
  async remove(): Promise<void> {
    if (!existsSync(this.#directory)) return;
    for (const volume of this.#pod.spec?.volumes ?? []) {
      if (volume.emptyDir?.medium !== "Memory") continue;
      const path = join(this.#directory, volume.name);
      if (existsSync(path) && isMountPoint(path))
        await this.#deps.run("umount", ["-l", path], { timeoutMs: MOUNT_DEADLINE_MS });
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }

  mountsOf(container: Container, env: Readonly<Record<string, string>>): Mount[] {
    return (container.volumeMounts ?? []).map((mount) => {
      const root = this.#paths.get(mount.name);
      if (root === undefined) throw new VolumeNotReady(`volume "${mount.name}" is not part of the pod`);
      const path = mount.mountPath.startsWith("/") ? mount.mountPath : `/${mount.mountPath}`;
      return {
        host: subPathOf(root, mount, env),
        path,
        readOnly: mount.readOnly === true || this.#isReadOnly(mount.name),
        ...(mount.mountPropagation === "HostToContainer" && { propagation: "rslave" as const }),
        ...(mount.mountPropagation === "Bidirectional" && { propagation: "rshared" as const }),
      };
    });
  }

  #isReadOnly(name: string): boolean {
    const volume = this.#pod.spec?.volumes?.find((item) => item.name === name);
    const { configMap, secret, projected, downwardAPI, persistentVolumeClaim } = volume ?? {};
    return (
      [configMap, secret, projected, downwardAPI].some((x) => x !== undefined) ||
      persistentVolumeClaim?.readOnly === true
    );
  }

  async #attempt(ctx: Context, volume: Volume, addresses: PodAddresses): Promise<string> {
    try {
      return await this.#make(ctx, volume, addresses);
    } catch (cause) {
      throw new VolumeNotReady(`MountVolume.SetUp failed for volume "${volume.name}" : ${messageOf(cause)}`, { cause });
    }
  }

  async #make(ctx: Context, volume: Volume, addresses: PodAddresses): Promise<string> {
    const path = join(this.#directory, volume.name);
    if (volume.emptyDir !== undefined) return this.#makeEmptyDir(ctx, path, volume.emptyDir);
    if (volume.hostPath !== undefined) return ensureHostPath(volume.hostPath.path, volume.hostPath.type ?? "");
    if (volume.persistentVolumeClaim !== undefined) return this.#findClaim(ctx, volume.persistentVolumeClaim.claimName);
    const payload = this.#payload(volume, addresses, existsSync(path));
    if (payload === "as it is") return path;
    if (payload === undefined) {
      const kind = Object.keys(volume).find((field) => field !== "name") ?? "unknown";
      throw new VolumeNotReady(`volume type ${kind} is not supported by the playground's node agent`);
    }
    writePayload(path, payload, { gid: this.#pod.spec?.securityContext?.fsGroup, epochMs: this.#deps.clock.epochMs() });
    return path;
  }

  /** An object that is deleted, or out of reach, leaves the files of a volume as they are. */
  #payload(volume: Volume, addresses: PodAddresses, isThere: boolean): Payload | "as it is" | undefined {
    const namespace = this.#pod.metadata?.namespace ?? "";
    try {
      return payloadOf(volume, {
        pod: this.#pod,
        addresses,
        nodeResources: this.#deps.nodeResources,
        findConfigMap: (name) => this.#deps.objects.findConfigMap(namespace, name),
        findSecret: (name) => this.#deps.objects.findSecret(namespace, name),
        findToken: (audience, seconds) => this.#deps.tokens.find(this.#pod, audience, seconds),
      });
    } catch (error) {
      if (error instanceof VolumeNotReady && isThere) return "as it is";
      throw error;
    }
  }

  async #makeEmptyDir(ctx: Context, path: string, source: { medium?: string; sizeLimit?: string }): Promise<string> {
    const isNew = !existsSync(path);
    mkdirSync(path, { recursive: true });
    if (source.medium === "Memory" && !isMountPoint(path)) {
      const size = source.sizeLimit === undefined ? "" : `,size=${unitsOf(source.sizeLimit)}`;
      await this.#deps.run("mount", ["-t", "tmpfs", "-o", `mode=0777${size}`, "tmpfs", path], {
        timeoutMs: MOUNT_DEADLINE_MS,
        signal: ctx.signal,
      });
    }
    if (isNew) giveTo(path, this.#pod.spec?.securityContext?.fsGroup);
    return path;
  }

  async #findClaim(ctx: Context, name: string): Promise<string> {
    const namespace = this.#pod.metadata?.namespace ?? "";
    const claim = await this.#deps.client.get(ctx, persistentVolumeClaims, { namespace, name });
    const volumeName = claim.spec?.volumeName;
    if (volumeName === undefined || claim.status?.phase !== "Bound") {
      throw new VolumeNotReady(`PersistentVolumeClaim "${name}" is not bound`);
    }
    const { spec } = await this.#deps.client.get(ctx, persistentVolumes, { name: volumeName });
    const path = spec?.hostPath?.path ?? spec?.local?.path;
    if (path === undefined) throw new VolumeNotReady(`PersistentVolume "${volumeName}" is neither local nor hostPath`);
    const isNew = !existsSync(path);
    mkdirSync(path, { recursive: true });
    if (isNew || this.#pod.spec?.securityContext?.fsGroup !== undefined)
      giveTo(path, this.#pod.spec?.securityContext?.fsGroup);
    return path;
  }
}

function giveTo(path: string, fsGroup: number | undefined): void {
  if (fsGroup !== undefined) chownSync(path, statSync(path).uid, fsGroup);
  chmodSync(path, fsGroup === undefined ? 0o777 : 0o2777);
}

function subPathOf(root: string, mount: VolumeMount, env: Readonly<Record<string, string>>): string {
  const subPath = mount.subPathExpr === undefined ? mount.subPath : expand(mount.subPathExpr, env);
  if (subPath === undefined || subPath === "") return root;
  const path = join(root, normalize(`/${subPath}`));
  if (!existsSync(path)) mkdirSync(path, { recursive: true, mode: 0o755 });
  // Links are followed here and now: the runtime must not be led out of the volume afterwards.
  const real = realpathSync(path);
  const inside = `${realpathSync(root)}/`;
  if (!`${real}/`.startsWith(inside))
    throw new VolumeNotReady(`subPath "${subPath}" leads out of volume "${mount.name}"`);
  return real;
}

function ensureHostPath(path: string, type: string): string {
  if (type === "DirectoryOrCreate" || type === "") mkdirIfAbsent(path);
  if (type === "FileOrCreate" && !existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, "");
  }
  const found = lstatSync(path, { throwIfNoEntry: false });
  const isWanted: Record<string, boolean | undefined> = {
    Directory: existsSync(path) && statSync(path).isDirectory(),
    File: existsSync(path) && statSync(path).isFile(),
    Socket: found?.isSocket(),
    CharDevice: found?.isCharacterDevice(),
    BlockDevice: found?.isBlockDevice(),
  };
  if (isWanted[type] === false || found === undefined)
    throw new VolumeNotReady(`hostPath type check failed: ${path} is not a ${type || "file"}`);
  return path;
}

/** Without a type the container runtime creates the folder when it mounts it. */
function mkdirIfAbsent(path: string): void {
  if (!existsSync(path)) mkdirSync(path, { recursive: true, mode: 0o755 });
}

function isMountPoint(path: string): boolean {
  return statSync(path).dev !== statSync(dirname(path)).dev;
}
