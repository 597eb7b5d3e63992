/** Objects for tables of items: what a row does not name is as usual. */
import type { Pod } from "kubernetes-types/core/v1";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A pod that runs and is ready. */
export function runningPod(
  changes: { readonly spec?: object; readonly status?: object; readonly metadata?: object } = {},
): Pod {
  const pod: Mutable<Pod> = {
    metadata: {
      ...{ name: "web-1", namespace: "shop", uid: "u1", creationTimestamp: "2026-01-01T00:00:00Z" },
      ...changes.metadata,
    },
    spec: { containers: [{ name: "web" }], nodeName: "worker-1", ...changes.spec },
    status: {
      phase: "Running",
      podIP: "10.244.0.3",
      conditions: [{ type: "Ready", status: "True" }],
      containerStatuses: [
        { name: "web", ready: true, restartCount: 2, image: "", imageID: "", state: { running: {} } },
      ],
      ...changes.status,
    },
  };
  return pod;
}
