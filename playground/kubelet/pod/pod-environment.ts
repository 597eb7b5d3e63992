/** What a pod's containers stand on: sandbox, files and volumes. Made once, kept current, given back at the end. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Pod } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { hostPortsOf } from "../sandbox/host-ports.ts";
import { ensureSandbox, findSandbox, removeSandbox, type Sandbox } from "../sandbox/sandbox.ts";
import { PodVolumes } from "../volume/pod-volumes.ts";
import type { NodeDeps } from "./deps.ts";
import { hostnameOf } from "./environment.ts";
import { formatResolvConf, hostsFile, parseResolvConf, resolverConfig } from "./files.ts";

export class PodEnvironment {
  readonly volumes: PodVolumes;
  readonly #deps: NodeDeps;
  readonly #uid: string;
  readonly #directory: string;
  readonly #onChange: () => void;
  #sandbox: Sandbox | undefined;
  #isPrepared = false;
  #isReleased = false;
  #refreshAtMs = 0;

  constructor(deps: NodeDeps, pod: Pod, wake: () => void) {
    this.#deps = deps;
    this.#uid = pod.metadata?.uid ?? "";
    this.#directory = join(deps.podsDirectory, this.#uid);
    this.volumes = new PodVolumes(deps.volumes, join(this.#directory, "volumes"), pod);
    this.#sandbox = findSandbox(join(this.#directory, "sandbox"));
    this.#onChange = () => {
      this.#refreshAtMs = 0;
      wake();
    };
  }

  /** The pod's volumes are to follow it: they may hold its labels and annotations. */
  follow(before: Pod, pod: Pod): void {
    if (hasSameLabels(before, pod) || !holdsFields(pod)) return;
    this.#refreshAtMs = 0;
  }

  get sandbox(): Sandbox | undefined {
    return this.#sandbox;
  }

  /** Makes what is missing. Throws VolumeNotReady while an object is missing. */
  async prepare(ctx: Context, pod: Pod): Promise<Sandbox> {
    if (this.#isPrepared && this.#sandbox !== undefined) return this.#sandbox;
    if (pod.spec?.shareProcessNamespace === true) {
      throw new Error("shareProcessNamespace is not supported by the playground's node agent");
    }
    const making = this.#ensureSandbox(ctx, pod);
    const addresses = making.then((sandbox) => ({ podIp: sandbox.ip, hostIp: this.#deps.node.address }));
    const [sandbox, refreshAtMs] = await Promise.all([
      making,
      this.volumes.prepare(ctx, pod, addresses, this.#onChange),
    ]);
    this.#writeFiles(pod, sandbox);
    this.#refreshAtMs = refreshAtMs;
    this.#isPrepared = true;
    return sandbox;
  }

  /** Brings volumes up to date after a change of their objects; says when tokens are due. */
  async refreshIfDue(ctx: Context, pod: Pod): Promise<number> {
    if (this.#sandbox === undefined || this.#refreshAtMs > this.#deps.clock.epochMs())
      return this.#refreshAtMs || Number.POSITIVE_INFINITY;
    this.#refreshAtMs = Number.POSITIVE_INFINITY;
    if (!this.#isPrepared) await this.#deps.hostPorts.set(ctx, this.#uid, hostPortsOf(pod, this.#sandbox.ip));
    const addresses = Promise.resolve({ podIp: this.#sandbox.ip, hostIp: this.#deps.node.address });
    const refreshed = await this.volumes.prepare(ctx, pod, addresses, this.#onChange);
    this.#refreshAtMs = Math.min(this.#refreshAtMs, refreshed);
    this.#isPrepared = true;
    return this.#refreshAtMs;
  }

  async release(ctx: Context): Promise<void> {
    if (this.#isReleased) return;
    this.#deps.isolation?.release(this.#uid);
    await this.#deps.hostPorts.delete(ctx, this.#uid);
    await removeSandbox(ctx, this.#deps, join(this.#directory, "sandbox"), this.#uid);
    await this.volumes.remove();
    this.forget();
    this.#sandbox = undefined;
    this.#isPrepared = false;
    this.#isReleased = true;
  }

  forget(): void {
    this.#deps.volumes.objects.release(this.#uid);
    this.#deps.volumes.tokens.forget(this.#uid);
  }

  async #ensureSandbox(ctx: Context, pod: Pod): Promise<Sandbox> {
    this.#sandbox = await ensureSandbox(ctx, this.#deps, {
      directory: join(this.#directory, "sandbox"),
      uid: this.#uid,
      hostname: hostnameOf(pod),
      hostNetwork: pod.spec?.hostNetwork === true,
      hostIpc: pod.spec?.hostIPC === true,
      sysctls: pod.spec?.securityContext?.sysctls ?? [],
      network: {
        bridge: this.#deps.node.bridge,
        podCidr: this.#deps.node.podCidr,
        nodeAddress: this.#deps.node.address,
      },
    });
    this.#isReleased = false;
    // Before anything of it runs, not a moment later.
    if (pod.spec?.hostNetwork !== true) await this.#deps.isolation?.isolate(ctx, pod, this.#sandbox.ip);
    await this.#deps.hostPorts.set(ctx, this.#uid, hostPortsOf(pod, this.#sandbox.ip));
    return this.#sandbox;
  }

  #writeFiles(pod: Pod, sandbox: Sandbox): void {
    const directory = join(this.#directory, "etc");
    const { dns } = this.#deps;
    const node = parseResolvConf(readFileSync("/etc/resolv.conf", "utf8"));
    mkdirSync(join(directory, "shm"), { recursive: true, mode: 0o1777 });
    writeFileSync(join(directory, "hosts"), hostsFile(pod, sandbox.ip, dns.domain));
    writeFileSync(join(directory, "hostname"), `${hostnameOf(pod)}\n`);
    // The machine's own search domains stay out: its names mean nothing inside a lab.
    writeFileSync(
      join(directory, "resolv.conf"),
      formatResolvConf(resolverConfig(pod, dns, { ...node, searches: [] })),
    );
  }
}

function hasSameLabels(before: Pod, after: Pod): boolean {
  const essence = ({ metadata }: Pod): unknown[] => [metadata?.labels ?? {}, metadata?.annotations ?? {}];
  return isDeepStrictEqual(essence(before), essence(after));
}

function holdsFields(pod: Pod): boolean {
  return (pod.spec?.volumes ?? []).some(
    ({ downwardAPI, projected }) =>
      downwardAPI !== undefined || (projected?.sources ?? []).some((source) => source.downwardAPI !== undefined),
  );
}
