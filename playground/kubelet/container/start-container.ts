/** Starts one container of a pod: image, user, environment, mounts, root, specification, process. Kubernetes: pkg/kubelet/kuberuntime (startContainer) */
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Container, Pod } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { timestamp } from "#machinery/conditions.ts";
import { milliOf, unitsOf } from "#machinery/quantity.ts";
import type { Image } from "../image.ts";
import { logFolder, type NodeDeps } from "../pod/deps.ts";
import { expand, forgeEnvironment } from "../pod/environment.ts";
import type { Instance } from "../pod/record.ts";
import { qosClass } from "../pod/status.ts";
import { capabilitiesOf } from "../runtime/capabilities.ts";
import { forgeSpec, type Limits, type Mount } from "../runtime/oci-spec.ts";
import { buildRootfs } from "../runtime/rootfs.ts";
import { type ContainerUser, decideUser } from "../runtime/user.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { PodVolumes } from "../volume/pod-volumes.ts";

export interface StartInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly image: Image;
  readonly sandbox: Sandbox;
  readonly volumes: PodVolumes;
  readonly restarts: number;
  /** Container whose processes this one is to see: `kubectl debug --target`. */
  readonly targetId?: string | undefined;
}

/** Why a container could not be started; `reason` is shown as its waiting or terminated state. */
export class StartError extends Error {
  readonly reason: "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError";

  constructor(reason: StartError["reason"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StartError";
    this.reason = reason;
  }
}

export async function startContainer(ctx: Context, deps: NodeDeps, input: StartInput): Promise<Instance> {
  const { pod, container, image, volumes } = input;
  const decision = decideUser(pod, container.securityContext, container.name, image);
  if ("refused" in decision) throw new StartError("CreateContainerConfigError", decision.refused);
  const env = environmentOf(deps, input);
  const mounts = attempt(() => volumes.mountsOf(container, env));
  const id = randomBytes(32).toString("hex");
  const workingDir = container.workingDir ?? image.workingDir;
  const args = argumentsOf(container, image, env);
  if (args.length === 0) throw new StartError("CreateContainerError", "no command specified");
  const spec = forgeContainerSpec(deps, input, { id, env, args, workingDir, user: decision.user, mounts });
  const logPath = logPathOf(deps, pod, container.name, input.restarts);
  mkdirSync(dirname(logPath), { recursive: true });
  try {
    const volumes = imageVolumes(deps, input, id);
    if (image.makeRoot !== undefined)
      await image.makeRoot(ctx, { id, bundle: deps.runtime.bundle(id), workingDir, volumes });
    else buildRootfs(deps.runtime.rootfs(id), image.root, decision.user, workingDir);
    await deps.runtime.start(ctx, {
      id,
      name: container.name,
      spec,
      logPath,
      tty: container.tty === true,
      stdin: container.stdin === true,
      stdinOnce: container.stdinOnce === true,
    });
  } catch (cause) {
    throw new StartError("RunContainerError", messageOf(cause), { cause });
  }
  const startedAt = timestamp(deps.clock.epochMs());
  return { id, startedAt, image: image.reference, imageId: image.id, specImage: container.image ?? "" };
}

export function logPathOf(
  deps: Pick<NodeDeps, "logsDirectory">,
  pod: Pod,
  container: string,
  restarts: number,
): string {
  return join(deps.logsDirectory, logFolder(pod), container, `${restarts}.log`);
}

export function messageFileOf(
  deps: Pick<NodeDeps, "podsDirectory">,
  pod: Pod,
  container: string,
  restarts: number,
): string {
  return join(deps.podsDirectory, pod.metadata?.uid ?? "", "containers", container, `termination-${restarts}`);
}

export function podCgroup(parent: string, pod: Pod): string {
  return `${parent}/pod${pod.metadata?.uid}`;
}

/** `command` replaces entrypoint and cmd, `args` alone only cmd. */
export function argumentsOf(
  container: Container,
  image: Pick<Image, "entrypoint" | "cmd">,
  env: Readonly<Record<string, string>>,
): string[] {
  const given = (list: readonly string[] | undefined): string[] => (list ?? []).map((text) => expand(text, env));
  const command = given(container.command);
  const args = given(container.args);
  if (command.length > 0) return [...command, ...args];
  return [...image.entrypoint, ...(args.length > 0 ? args : image.cmd)];
}

/** Kubernetes: pkg/kubelet/cm/helpers_linux.go (MilliCPUToShares, MilliCPUToQuota) */
export function limitsOf(container: Container): Limits {
  const { requests, limits } = container.resources ?? {};
  const requestMilli = Number(milliOf(requests?.["cpu"] ?? limits?.["cpu"]));
  const limitMilli = Number(milliOf(limits?.["cpu"]));
  const memoryBytes = unitsOf(limits?.["memory"]);
  return {
    cpuShares: Math.min(262_144, Math.max(2, Math.floor((requestMilli * 1024) / 1000))),
    ...(limitMilli > 0 && { cpuQuota: Math.max(1000, limitMilli * 100) }),
    ...(memoryBytes > 0 && { memoryBytes }),
  };
}

interface Decided {
  readonly id: string;
  readonly env: Record<string, string>;
  readonly args: readonly string[];
  readonly workingDir: string;
  readonly user: ContainerUser;
  readonly mounts: readonly Mount[];
}

function forgeContainerSpec(deps: NodeDeps, input: StartInput, decided: Decided): object {
  const { pod, container, image, sandbox } = input;
  const context = container.securityContext;
  const privileged = context?.privileged === true;
  const { network, ipc, uts } = sandbox;
  const podPath = podCgroup(deps.cgroupParent, pod);
  return forgeSpec({
    image,
    args: decided.args,
    env: decided.env,
    workingDir: decided.workingDir,
    user: decided.user,
    capabilities: capabilitiesOf(context, deps.capabilities),
    privileged,
    noNewPrivileges: context?.allowPrivilegeEscalation === false,
    readOnlyRoot: context?.readOnlyRootFilesystem === true,
    tty: container.tty === true,
    mounts: [
      ...imageVolumes(deps, input, decided.id).map((volume) => ({ ...volume, readOnly: false })),
      ...podFileMounts(deps, input),
      ...decided.mounts,
    ],
    namespaces: {
      uts,
      ...(network !== undefined && { network }),
      ...(ipc !== undefined && { ipc }),
      hostPid: pod.spec?.hostPID === true,
      ...(input.targetId !== undefined && { pid: `/proc/${deps.runtime.pidOf(input.targetId)}/ns/pid` }),
    },
    ...(deps.cgroups.version !== "none" && {
      cgroup: { path: `${podPath}/${decided.id}`, limits: limitsOf(container) },
    }),
    oomScoreAdj: qosClass(pod) === "BestEffort" ? 1000 : qosClass(pod) === "Burstable" ? 500 : 0,
  });
}

/** Files of the pod, and the container's own termination message, unless a volume takes their place. */
function podFileMounts(deps: NodeDeps, { pod, container, restarts }: StartInput): Mount[] {
  const directory = join(deps.podsDirectory, pod.metadata?.uid ?? "", "etc");
  const message = messageFileOf(deps, pod, container.name, restarts);
  mkdirSync(dirname(message), { recursive: true });
  writeFileSync(message, "");
  chmodSync(message, 0o666);
  const taken = new Set((container.volumeMounts ?? []).map((mount) => mount.mountPath));
  const readOnly = container.securityContext?.readOnlyRootFilesystem === true;
  return [
    { host: join(directory, "hosts"), path: "/etc/hosts", readOnly: false },
    { host: join(directory, "hostname"), path: "/etc/hostname", readOnly },
    { host: join(directory, "resolv.conf"), path: "/etc/resolv.conf", readOnly },
    { host: join(directory, "shm"), path: "/dev/shm", readOnly: false },
    { host: message, path: container.terminationMessagePath ?? "/dev/termination-log", readOnly: false },
  ].filter((mount) => !taken.has(mount.path));
}

/** Folders of the container alone, with what the image has at these paths; volumes of the pod take their place. */
function imageVolumes(
  { runtime }: Pick<NodeDeps, "runtime">,
  { image, container }: StartInput,
  id: string,
): { path: string; host: string }[] {
  const taken = new Set((container.volumeMounts ?? []).map(({ mountPath }) => mountPath.replace(/\/+$/, "")));
  return image.volumes
    .filter((path) => !taken.has(path.replace(/\/+$/, "")))
    .map((path, index) => ({ path, host: join(runtime.bundle(id), "volumes", String(index)) }));
}

function environmentOf(deps: NodeDeps, { pod, container, image, sandbox }: StartInput): Record<string, string> {
  const namespace = pod.metadata?.namespace ?? "";
  const services = deps.listServices(namespace);
  // Without them a container would run with half an environment for all its life. Kubernetes: makeEnvironmentVariables
  if (services === undefined)
    throw new StartError(
      "CreateContainerConfigError",
      "services have not yet been read at least once, cannot construct envvars",
    );
  const result = forgeEnvironment({
    pod,
    container,
    addresses: { podIp: sandbox.ip, hostIp: deps.node.address },
    nodeResources: deps.node.resources,
    image: image.env,
    services,
    findConfigMap: (name) => deps.volumes.objects.findConfigMap(namespace, name),
    findSecret: (name) => deps.volumes.objects.findSecret(namespace, name),
  });
  if ("problem" in result) throw new StartError("CreateContainerConfigError", result.problem);
  return result.env;
}

function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new StartError("CreateContainerConfigError", messageOf(cause), { cause });
  }
}
