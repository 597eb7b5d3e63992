/** One pod as it is known at the moment, and its record: what changes in memory is on disk before anybody acts on it. */
import { join } from "node:path";
import type { Container, Pod } from "kubernetes-types/core/v1";
import { type ContainerRecord, containerOf, type PodRecord, saveRecord, withContainer } from "./record.ts";

export class RecordKeeper {
  readonly #directory: string;
  #record: PodRecord;
  /** The latest of the API. */
  pod: Pod;

  constructor(podsDirectory: string, pod: Pod, record: PodRecord) {
    this.#directory = join(podsDirectory, pod.metadata?.uid ?? "");
    this.#record = record;
    this.pod = pod;
  }

  get record(): PodRecord {
    return this.#record;
  }

  of(container: Container): ContainerRecord {
    return containerOf(this.#record, container.name);
  }

  set(container: Container, state: ContainerRecord): void {
    this.change(withContainer(this.#record, container.name, state));
  }

  change(changes: Partial<PodRecord>): void {
    this.#record = { ...this.#record, ...changes, pod: this.pod };
    saveRecord(this.#directory, this.#record);
  }
}
