import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, Pod } from "kubernetes-types/core/v1";
import { backOffOf } from "../container/back-off.ts";
import { planPod } from "./plan.ts";
import {
  type ContainerRecord,
  ended,
  failed,
  newRecord,
  type PodRecord,
  refused,
  replaced,
  started,
  withContainer,
} from "./record.ts";
import { phaseOf, podStatus, qosClass } from "./status.ts";

const T0 = "2026-01-01T00:00:00Z";
const T0_MS = Date.parse(T0);
const main: Container = { name: "main", image: "a" };
const init: Container = { name: "init", image: "a" };
const sidecar = { name: "side", image: "a", restartPolicy: "Always" } as Container;

function pod(spec: Partial<NonNullable<Pod["spec"]>>): Pod {
  return { metadata: { name: "p", namespace: "n", uid: "u" }, spec: { containers: [main], ...spec } };
}

function running(state?: ContainerRecord): ContainerRecord {
  return started(state ?? { restarts: 0, backoffMs: 0, retryAtMs: 0 }, {
    id: "x",
    startedAt: T0,
    image: "a",
    imageId: "a@1",
  });
}

function exited(code: number, state?: ContainerRecord): ContainerRecord {
  return ended(running(state), { code, reason: code === 0 ? "Completed" : "Error", finishedAt: T0 });
}

test("an ephemeral container starts once, beside the others, and ends nothing", () => {
  const debugged = pod({ ephemeralContainers: [{ name: "debug", image: "a" }] });
  assert.deepEqual(plan(debugged, { main: running() }).start, ["debug"]);
  const after = plan(debugged, { main: running(), debug: exited(1) });
  assert.deepEqual([after.start, after.isOver], [[], false]);
});

function plan(spec: Pod, states: Record<string, ContainerRecord>, started_ = true, unhealthy = false) {
  const record = Object.entries(states).reduce(
    (r, [name, state]) => withContainer(r, name, state),
    newRecord(spec, T0),
  );
  const result = planPod({
    pod: spec,
    record,
    nowMs: T0_MS + 1,
    isStarted: () => started_,
    isUnhealthy: () => unhealthy,
  });
  const names = (list: readonly Container[]): string[] => list.map((c) => c.name);
  return {
    start: names(result.start),
    backingOff: names(result.backingOff),
    stop: result.stop.map((s) => s.container.name),
    isOver: result.isOver,
  };
}

test("init containers run one after the other, then the main containers", () => {
  const spec = pod({ initContainers: [init, { ...init, name: "init2" }] });
  assert.deepEqual(plan(spec, {}).start, ["init"]);
  assert.deepEqual(plan(spec, { init: running() }).start, []);
  assert.deepEqual(plan(spec, { init: exited(0) }).start, ["init2"]);
  assert.deepEqual(plan(spec, { init: exited(0), init2: exited(0) }).start, ["main"]);
});

test("a sidecar must have started before what follows it, and is restarted whatever the pod's policy", () => {
  const spec = pod({ restartPolicy: "Never", initContainers: [sidecar] });
  assert.deepEqual(plan(spec, {}).start, ["side"]);
  assert.deepEqual(plan(spec, { side: running() }, false).start, []);
  assert.deepEqual(plan(spec, { side: running() }).start, ["main"]);
  assert.deepEqual(plan(spec, { side: exited(1), main: running() }).start, ["side"]);
  assert.equal(plan(spec, { side: running(), main: exited(0) }).isOver, true);
});

test("the restart policy decides whether an end is the end", () => {
  const cases: [string, number, boolean][] = [
    ["Always", 0, false],
    ["OnFailure", 0, true],
    ["OnFailure", 1, false],
    ["Never", 1, true],
  ];
  for (const [restartPolicy, code, isOver] of cases) {
    assert.equal(plan(pod({ restartPolicy }), { main: exited(code) }).isOver, isOver, `${restartPolicy} ${code}`);
  }
  const failedInit = pod({ restartPolicy: "Never", initContainers: [init] });
  assert.equal(plan(failedInit, { init: exited(1) }).isOver, true);
});

test("restarts are put off by nothing, 10 s, 20 s and so on to 300 s", () => {
  let state = exited(1);
  const delays = Array.from({ length: 8 }, () => {
    const delay = state.retryAtMs - T0_MS;
    state = exited(1, state);
    return delay / 1000;
  });
  assert.deepEqual(delays, [0, 10, 20, 40, 80, 160, 300, 300]);
  assert.equal(state.restarts, 8);
  assert.deepEqual(plan(pod({}), { main: state }).backingOff, ["main"]);
});

test("an unhealthy container is stopped, to be started again by its end", () => {
  assert.deepEqual(plan(pod({}), { main: running() }, true, true).stop, ["main"]);
});

test("waiting states carry the kubelet's words", () => {
  const crashed = exited(1, exited(1));
  assert.equal(
    backOffOf(pod({}), main, crashed)?.waiting.message,
    "back-off 10s restarting failed container=main pod=p_n(u)",
  );
  const unknown = refused(
    { restarts: 0, backoffMs: 0, retryAtMs: 0 },
    { reason: "ErrImagePull", message: "no" },
    T0_MS,
  );
  assert.equal(backOffOf(pod({}), main, unknown)?.waiting.message, 'Back-off pulling image "a": ErrImagePull: no');
  assert.equal(failed(crashed, { image: "a", message: "no such file" }, T0).current?.ending?.reason, "StartError");
});

function statusOf(spec: Pod, record: PodRecord, isReady = true) {
  return podStatus({
    pod: spec,
    record,
    hostIp: "198.18.1.10",
    now: T0,
    nowMs: T0_MS,
    hasSandbox: true,
    isStarted: () => true,
    isReady: () => isReady,
  });
}

test("a pod beyond its deadline is Failed when its containers have ended, and not before", () => {
  const spec = { ...pod({ activeDeadlineSeconds: 1 }), status: { phase: "Running" } };
  const final = { phase: "Failed", reason: "DeadlineExceeded", message: "too long" } as const;
  const ending = statusOf(spec, { ...withContainer(newRecord(spec, T0), "main", running()), final });
  assert.deepEqual([ending.phase, ending.reason], ["Running", undefined]);
  const over = statusOf(spec, { ...withContainer(newRecord(spec, T0), "main", exited(137)), final });
  assert.deepEqual([over.phase, over.reason], ["Failed", "DeadlineExceeded"]);
});

test("phases follow the kubelet's table", () => {
  const phase = (restartPolicy: string, state?: ContainerRecord) => {
    const spec = pod({ restartPolicy });
    const record = state === undefined ? newRecord(spec, T0) : withContainer(newRecord(spec, T0), "main", state);
    return phaseOf({ pod: spec, record, isStarted: () => true });
  };
  assert.equal(phase("Always"), "Pending");
  assert.equal(phase("Always", running()), "Running");
  assert.equal(phase("Always", exited(0)), "Running");
  assert.equal(phase("OnFailure", exited(0)), "Succeeded");
  assert.equal(phase("OnFailure", exited(1)), "Running");
  assert.equal(phase("Never", exited(1)), "Failed");
});

test("a pod is ready when its containers and readiness gates are", () => {
  const gated = pod({ readinessGates: [{ conditionType: "x/y" }] });
  const record = withContainer(newRecord(gated, T0), "main", running());
  const condition = (status: ReturnType<typeof statusOf>, type: string) =>
    status.conditions?.find((c) => c.type === type);
  assert.equal(condition(statusOf(pod({}), record), "Ready")?.status, "True");
  assert.equal(condition(statusOf(gated, record), "Ready")?.reason, "ReadinessGatesNotReady");
  assert.equal(condition(statusOf(gated, record), "ContainersReady")?.status, "True");
  const unready = condition(statusOf(pod({}), record, false), "Ready");
  assert.equal(unready?.message, "containers with unready status: [main]");
});

test("conditions of others and old transition times stay", () => {
  const old = { type: "Ready", status: "True", lastTransitionTime: "2025-01-01T00:00:00Z" };
  const foreign = { type: "x/y", status: "True" };
  const spec: Pod = { ...pod({}), status: { conditions: [old, foreign] } };
  const { conditions } = statusOf(spec, withContainer(newRecord(spec, T0), "main", running()));
  assert.ok(conditions?.some((c) => c.type === "x/y"));
  assert.equal(conditions?.find((c) => c.type === "Ready")?.lastTransitionTime, "2025-01-01T00:00:00Z");
});

test("quality of service follows requests and limits", () => {
  const of = (resources: Container["resources"] & object) =>
    qosClass(pod({ containers: [{ name: "main", resources }] }));
  assert.equal(of({}), "BestEffort");
  assert.equal(of({ requests: { cpu: "1" } }), "Burstable");
  assert.equal(of({ limits: { cpu: "1", memory: "1Gi" } }), "Guaranteed");
});

test("a running container whose image has changed is stopped, and runs again whatever the pod's policy", () => {
  const spec = pod({ restartPolicy: "Never", initContainers: [init, sidecar] });
  const of = (image: string, name = "main"): ContainerRecord =>
    started(
      { restarts: 0, backoffMs: 0, retryAtMs: 0 },
      { id: name, startedAt: T0, image, imageId: "", specImage: image },
    );
  const others = { init: exited(0), side: of("a", "side") };
  assert.deepEqual(plan(spec, { ...others, main: of("a") }).stop, []);
  assert.deepEqual(plan(spec, { ...others, main: of("old") }).stop, ["main"]);
  assert.deepEqual(plan(spec, { ...others, main: of("a"), side: of("old", "side") }).stop, ["side"]);
  assert.deepEqual(plan(spec, { init: of("old", "init") }).stop, []);
  assert.deepEqual(plan(spec, { ...others, main: running() }).stop, [], "a record of an earlier agent");
  const ending = { code: 143, reason: "Error", finishedAt: T0 };
  const put = replaced(ended({ ...of("old"), backoffMs: 10_000 }, ending));
  const after = plan(spec, { ...others, main: put });
  assert.deepEqual([after.start, after.backingOff, after.isOver], [["main"], [], false]);
  const record = withContainer(withContainer(newRecord(spec, T0), "init", exited(0)), "main", put);
  assert.equal(phaseOf({ pod: spec, record, isStarted: () => true }), "Running");
  assert.equal(started(put, { id: "y", startedAt: T0, image: "a", imageId: "" }).isReplaced, undefined);
});
