/** Notices that containers of a pod have ended, and what their ends mean. */
import type { Container, Pod } from "kubernetes-types/core/v1";
import { timestamp } from "#machinery/conditions.ts";
import type { NodeDeps } from "../pod/deps.ts";
import {
  type ContainerRecord,
  containerOf,
  ended,
  isOutdated,
  isRunning,
  type PodRecord,
  replaced,
} from "../pod/record.ts";
import { hasOomKill } from "../runtime/cgroup.ts";
import { endingOf, lostEnding } from "./ending.ts";
import { logPathOf, messageFileOf, podCgroup } from "./start-container.ts";

type ExitDeps = Pick<NodeDeps, "clock" | "runtime" | "podsDirectory" | "logsDirectory" | "cgroups" | "cgroupParent">;

export interface EndedContainer {
  readonly container: Container;
  readonly id: string;
  readonly state: ContainerRecord;
}

// conmon writes the exit down a moment after the process is gone; only when it does not, the end is unknown.
const LOST_AFTER_MS = 3_000;

export class Exits {
  readonly #deps: ExitDeps;
  readonly #missingSinceMs = new Map<string, number>();

  constructor(deps: ExitDeps) {
    this.#deps = deps;
  }

  /** The containers that ran according to the record, but do not any more. */
  collect(pod: Pod, record: PodRecord): EndedContainer[] {
    const containers: Container[] = [
      ...(pod.spec?.initContainers ?? []),
      ...(pod.spec?.containers ?? []),
      ...(pod.spec?.ephemeralContainers ?? []),
    ];
    return containers.flatMap((container) => {
      const state = containerOf(record, container.name);
      const id = state.current?.id;
      if (id === undefined || !isRunning(state)) return [];
      const exit = this.#deps.runtime.findExit(id);
      if (exit === undefined && !this.#isLost(id)) return [];
      this.#missingSinceMs.delete(id);
      const files = {
        message: messageFileOf(this.#deps, pod, container.name, state.restarts),
        log: logPathOf(this.#deps, pod, container.name, state.restarts),
      };
      // conmon tells of it too, but not with every kernel.
      const outOfMemory = hasOomKill(this.#deps.cgroups, `${podCgroup(this.#deps.cgroupParent, pod)}/${id}`);
      const isOom = exit?.outOfMemory === true || (outOfMemory && exit?.code === 137);
      const ending =
        exit === undefined
          ? lostEnding(timestamp(this.#deps.clock.epochMs()))
          : endingOf({ ...exit, outOfMemory: isOom }, container, files);
      const isMain = pod.spec?.containers.includes(container) === true;
      const after = ended(state, ending);
      return [{ container, id, state: isMain && isOutdated(container, state) ? replaced(after) : after }];
    });
  }

  #isLost(id: string): boolean {
    if (this.#deps.runtime.isAlive(id)) return false;
    const nowMs = this.#deps.clock.nowMs();
    const sinceMs = this.#missingSinceMs.get(id) ?? nowMs;
    this.#missingSinceMs.set(id, sinceMs);
    return nowMs - sinceMs > LOST_AFTER_MS;
  }
}
