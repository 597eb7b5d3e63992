import { testCases } from "./testing/cases.ts";
import {
  athome,
  away,
  condition,
  event,
  podOf,
  readyPod,
  remotePod,
  running,
  there,
  waiting,
} from "./testing/facts.ts";

testCases([
  [
    "the image is nowhere",
    away(there(remotePod(waiting("ImagePullBackOff", "Back-off pulling image")))),
    "broken",
    "image",
    /container web: image "nginx": Back-off/,
    /imagePullSecrets/,
  ],
  ["a name of an image is none", athome(podOf(waiting("InvalidImageName"))), "broken", "image", /InvalidImageName/],
  [
    "a ConfigMap is missing",
    away(there(remotePod(waiting("CreateContainerConfigError", 'configmap "x" not found')))),
    "broken",
    "configuration",
    /configmap "x" not found/,
    /names/,
  ],
  [
    "a volume is missing",
    athome(podOf(waiting("ContainerCreating")), event("FailedMount", 'secret "s" not found')),
    "broken",
    "volumes",
    /secret "s" not found/,
  ],
  ["it is being made", athome(podOf(waiting("ContainerCreating"))), "unknown", "containers", /being made/],
  [
    "its kubelet has not begun",
    athome(podOf({ phase: "Pending" })),
    "unknown",
    "kubelet",
    /kubelet of liqo-rome has not begun/,
  ],
  [
    "it crashes",
    athome(
      podOf({
        phase: "Running",
        containerStatuses: [
          {
            ...running,
            ready: false,
            restartCount: 4,
            state: { waiting: { reason: "CrashLoopBackOff" } },
            lastState: { terminated: { exitCode: 3 } },
          },
        ],
      }),
    ),
    "broken",
    "containers",
    /\(4 restarts\): exit code 3/,
    /kubectl logs web -n shop -c web --previous/,
  ],
  [
    "it has too little memory",
    athome(
      podOf({
        phase: "Running",
        containerStatuses: [
          { ...running, ready: false, state: { terminated: { exitCode: 137, reason: "OOMKilled" } } },
        ],
      }),
    ),
    "broken",
    "containers",
    /more memory than its limit/,
  ],
  [
    "an init container goes on",
    athome(
      podOf({
        phase: "Pending",
        initContainerStatuses: [{ ...running, name: "first" }],
        containerStatuses: [{ ...running, ready: false, state: { waiting: { reason: "PodInitializing" } } }],
      }),
      event("FailedMount", "was not there yet"),
    ),
    "unknown",
    "containers",
    /first has not ended/,
    /-c first/,
  ],
  [
    "its probe fails",
    away(
      there(
        remotePod({ ...readyPod, conditions: [], containerStatuses: [{ ...running, ready: false }] }),
        event("Unhealthy", "Readiness probe failed: 503"),
      ),
    ),
    "broken",
    "readiness",
    /web: Readiness probe failed: 503/,
    /kubectl logs/,
  ],
  [
    "a readiness gate is shut",
    athome(podOf({ ...readyPod, conditions: [] }, { readinessGates: [{ conditionType: "x/lb" }] })),
    "broken",
    "readiness",
    /gate x\/lb is not True/,
    /sets/,
  ],
  [
    "it is not ready yet",
    athome(podOf({ ...readyPod, conditions: [condition("Ready", "False", "containers with unready status: [web]")] })),
    "unknown",
    "readiness",
    /unready status/,
  ],
  ["it has ended well", athome(podOf({ phase: "Succeeded" })), "ok", "end", /with success/],
  [
    "it was evicted",
    athome(podOf({ phase: "Failed", reason: "Evicted", message: "low on memory" })),
    "broken",
    "end",
    /Evicted: low on memory/,
  ],
  [
    "it has ended with an error",
    athome(podOf({ phase: "Failed", containerStatuses: [{ ...running, state: { terminated: { exitCode: 2 } } }] })),
    "broken",
    "end",
    /web ended with exit code 2/,
  ],
]);
