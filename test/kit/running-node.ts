/** A node agent on an API server of its own, for unit tests: everything of it is real but the machine, whose time the test steps. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Container, Pod, PodSpec } from "kubernetes-types/core/v1";
import { withCancel } from "#base/context.ts";
import type { RunResult } from "#base/run.ts";
import { KubeClient } from "#kube/client/client.ts";
import { Informer } from "#kube/informer/informer.ts";
import { coreEvents, pods, services } from "#machinery/builtin.ts";
import { createCa, issueCertificate } from "#pki/certificate.ts";
import type { Image, ImageSource } from "#playground/kubelet/image.ts";
import { startKubelet } from "#playground/kubelet/kubelet.ts";
import { FakeRuntime } from "#playground/kubelet/runtime/testing/fake-runtime.ts";
import { image } from "#playground/kubelet/runtime/testing/image.ts";
import { type EngineParts, type EnginePartsOptions, startEngineParts } from "./engine-parts.ts";
import { type SteppedClock, steppedClock } from "./stepped-clock.ts";

/** One call of ip, nft, mount and the like. */
export interface Call {
  readonly command: string;
  readonly input: string;
}

export interface RunningNode extends AsyncDisposable {
  readonly parts: EngineParts;
  readonly clock: SteppedClock;
  readonly runtime: FakeRuntime;
  /** Programs that it ran. */
  readonly calls: Call[];
  /** Throws what a program is to fail with; nothing fails at first. */
  onCall: (call: Call) => void;
  /** Pulls images whose names begin with `remote`. At first they are there at once. */
  onPull: ImageSource["ensure"];
  readonly directory: string;
  /** Where control groups would be mounted. */
  readonly cgroups: string;
  /** `https://127.0.0.1:40123` */
  readonly url: string;
  /** A client certificate of the cluster's CA, for this name and groups. */
  certificateOf(name: string, groups: readonly string[]): Promise<{ cert: string; key: string }>;
  /** Begins the agent; again after `stop`, on what it has left. */
  start(): Promise<void>;
  /** Ends the agent, and not the containers. */
  stop(): Promise<void>;
  create(name: string, spec: Partial<PodSpec>, metadata?: Pod["metadata"]): Promise<Pod>;
  /** The pod of that name once it satisfies this. */
  pod(name: string, accepts: (pod: Pod) => boolean): Promise<Pod>;
  gone(name: string): Promise<void>;
  /**
   * Lets time pass in steps of `ms` until it is settled: for what does not begin to wait at a moment that a test can tell.
   * No more than `mostMs` in all, however slow the machine is.
   */
  passing<T>(ms: number, awaited: Promise<T>, mostMs?: number): Promise<T>;
  /** Resolves when an event of the reason has been told this often, with its message. */
  told(reason: string, count?: number): Promise<string>;
}

// Long enough for the agent to have done what was due.
const STEP_MS = 10;

const LISTED: Pick<ImageSource, "lookup"> = {
  lookup: (reference) => {
    if (reference === "NOT an image")
      return {
        found: false,
        reason: "InvalidImageName",
        message: `couldn't parse image name "${reference}": invalid reference format`,
      };
    if (reference.startsWith("remote")) return { found: false, reason: "Absent", message: "" };
    if (reference.startsWith("missing"))
      return { found: false, reason: "ErrImagePull", message: `${reference}: not found` };
    return { found: true, image: imageNamed(reference) };
  },
};

export function imageNamed(reference: string): Image {
  const cmd = reference === "empty" ? [] : ["serve"];
  return { ...image, reference: `docker.io/library/${reference}`, id: `sha256:${reference}`, cmd, sizeBytes: 7 };
}

/** The node `rome-1`; its agent runs already. */
export async function startNode(options: EnginePartsOptions = {}): Promise<RunningNode> {
  await using opened = new AsyncDisposableStack();
  const clock = steppedClock(Math.floor(Date.now() / 1_000) * 1_000);
  const parts = opened.use(await startEngineParts(options));
  const directory = mkdtempSync(join(tmpdir(), "node-test-"));
  opened.defer(() => rmSync(directory, { recursive: true, force: true }));
  const cgroups = join(directory, "cgroup");
  mkdirSync(cgroups);
  writeFileSync(join(cgroups, "cgroup.controllers"), "");
  const ca = await createCa("cluster");
  const subject = { commonName: "system:node:rome-1", organizations: ["system:nodes"] };
  const serving = await issueCertificate(ca, { subject, alternativeNames: ["127.0.0.1"], usages: ["server"] });
  const runtime = new FakeRuntime(clock);
  const calls: Call[] = [];
  let running = new AsyncDisposableStack();
  opened.defer(() => running.disposeAsync());
  let port = 0;
  const run = async (file: string, args: readonly string[], { input = "" } = {}): Promise<RunResult> => {
    const call = { command: [file, ...args].join(" "), input };
    calls.push(call);
    node.onCall(call);
    return { stdout: file === "runc" ? "runc version 1.2.3\n" : "", stderr: "" };
  };
  const rest = opened.move();
  const node: RunningNode = {
    ...{ parts, clock, runtime, calls, directory, cgroups },
    onCall: () => undefined,
    onPull: async (_ctx, { reference }) => ({ image: imageNamed(reference) }),
    get url() {
      return `https://127.0.0.1:${port}`;
    },
    certificateOf: async (commonName, organizations) => {
      const issued = await issueCertificate(ca, { subject: { commonName, organizations }, usages: ["client"] });
      return { cert: issued.certificate, key: issued.privateKey };
    },
    start: async () => {
      const { ctx, cancel } = withCancel(parts.ctx);
      const client = running.use(new KubeClient(parts.client.transport.config, "kubelet"));
      const agent = await startKubelet(ctx, {
        client,
        images: { ...LISTED, ensure: (own, request) => node.onPull(own, request), present: () => [] },
        node: {
          ...{ name: "rome-1", address: "127.0.0.1", podCidr: "10.244.1.0/24", labels: { zone: "a" }, bridge: "br0" },
          ...{ capacity: { cpu: "4", memory: "8Gi", pods: "110" }, kubeletVersion: "v1.35.0", kubeletPort: 0 },
        },
        directory: join(directory, "agent"),
        cgroupParent: "/lab/rome/rome-1",
        dns: { address: "10.96.0.10", domain: "cluster.local" },
        services: running.use(new Informer(ctx, client, services)),
        tls: { ...serving, clientCa: ca.certificate },
        host: {
          clock,
          run,
          cgroupRoot: cgroups,
          cpus: 2,
          openRuntime: (folder, onExit) => runtime.open(folder, onExit),
        },
      });
      port = agent.port;
      running.use(agent);
      running.defer(cancel);
    },
    stop: async () => {
      await running.disposeAsync();
      running = new AsyncDisposableStack();
    },
    create: (name, spec, metadata) =>
      parts.client.create(parts.ctx, pods, {
        metadata: { ...metadata, name, namespace: "off" },
        spec: { nodeName: "rome-1", containers: [container("main")], ...spec },
      }),
    pod: (name, accepts) => parts.seen(pods, { namespace: "off", name }, accepts),
    gone: (name) => parts.gone(pods, { namespace: "off", name }),
    passing: async (ms, awaited, mostMs = Infinity) => {
      const untilMs = clock.nowMs() + mostMs;
      const timer = setInterval(() => {
        if (clock.nowMs() + ms <= untilMs) clock.step(ms);
      }, STEP_MS);
      try {
        return await awaited;
      } finally {
        clearInterval(timer);
      }
    },
    told: async (reason, count = 1) => {
      const isIt = (event: { reason?: string; count?: number }): boolean =>
        event.reason === reason && (event.count ?? 1) >= count;
      const events = await parts.seenAll(coreEvents, (all) => all.some(isIt));
      return events.find(isIt)?.message ?? "";
    },
    [Symbol.asyncDispose]: async () => {
      await node.stop();
      await rest.disposeAsync();
    },
  };
  await node.start();
  return node;
}

/** A container of the image `web:1`. */
export function container(
  name: string,
  own: Partial<Container> & { readonly restartPolicy?: "Always" } = {},
): Container {
  return { name, image: "web:1", ...own };
}

/** Of the pod's container of that name, wherever it stands. */
export function stateOf({ status }: Pod, name: string) {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = status ?? {};
  const all = [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses];
  return all.find((each) => each.name === name);
}
