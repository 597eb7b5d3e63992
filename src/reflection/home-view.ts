/**
 * All pods and namespaces of the own cluster, for the few kinds that name them: watched from the first time that somebody asks,
 * since a virtual kubelet knows its own node's pods otherwise, and large clusters have many more.
 */
import type { Namespace, Pod } from "kubernetes-types/core/v1";
import type { Informer } from "#kube/informer/informer.ts";
import type { Informers } from "#kube/informer/informers.ts";
import { namespaces, pods } from "#machinery/builtin.ts";
import { podEssence } from "#machinery/pod-essence.ts";

export interface Opened {
  readonly pods: Informer<Pod>;
  readonly namespaces: Informer<Namespace>;
}

export class HomeView {
  readonly #informers: Informers;
  #opened: Opened | undefined;

  constructor(informers: Informers) {
    this.#informers = informers;
  }

  get isSynced(): boolean {
    return this.#opened?.pods.isSynced === true && this.#opened.namespaces.isSynced;
  }

  open(): Opened {
    this.#opened ??= {
      pods: this.#informers.for(pods, { transform: podEssence }),
      namespaces: this.#informers.for(namespaces),
    };
    return this.#opened;
  }
}
