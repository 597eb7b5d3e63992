/**
 * ConfigMaps and Secrets that pods of this node use, each watched by name and only while a pod uses it.
 * Kubernetes: pkg/kubelet/util/manager/watch_based_manager.go
 */
import type { ConfigMap, Secret } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { Informer } from "#kube/informer/informer.ts";
import { configMaps, secrets } from "#machinery/builtin.ts";
import type { KubeObject } from "#machinery/meta.ts";

export type WatchedKind = "ConfigMap" | "Secret";

interface Watched {
  readonly informer: Informer<ConfigMap> | Informer<Secret>;
  /** Pod uid → what to call when the object changes. */
  readonly users: Map<string, () => void>;
}

export class ObjectWatch implements AsyncDisposable {
  readonly #ctx: Context;
  readonly #client: KubeClient;
  readonly #watched = new Map<string, Watched>();

  constructor(ctx: Context, client: KubeClient) {
    this.#ctx = ctx;
    this.#client = client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#watched.values()].map(({ informer }) => informer[Symbol.asyncDispose]()));
  }

  /** Resolves when the object has been looked for; `onChange` hears of each later change until `release`. */
  async use(
    kind: WatchedKind,
    namespace: string,
    name: string,
    pod: { uid: string; onChange: () => void },
  ): Promise<void> {
    const key = `${kind}/${namespace}/${name}`;
    const watched = this.#watched.get(key) ?? this.#open(key, kind, { namespace, name });
    watched.users.set(pod.uid, pod.onChange);
    await watched.informer.synced;
  }

  release(uid: string): void {
    for (const [key, watched] of this.#watched) {
      if (!watched.users.delete(uid) || watched.users.size > 0) continue;
      this.#watched.delete(key);
      void watched.informer[Symbol.asyncDispose]();
    }
  }

  findConfigMap(namespace: string, name: string): ConfigMap | undefined {
    return this.#find("ConfigMap", namespace, name);
  }

  findSecret(namespace: string, name: string): Secret | undefined {
    return this.#find("Secret", namespace, name);
  }

  #find<T extends KubeObject>(kind: WatchedKind, namespace: string, name: string): T | undefined {
    const informer = this.#watched.get(`${kind}/${namespace}/${name}`)?.informer;
    return informer?.store.get({ namespace, name }) as T | undefined;
  }

  #open(key: string, kind: WatchedKind, at: { namespace: string; name: string }): Watched {
    const options = { namespace: at.namespace, fieldSelector: `metadata.name=${at.name}` };
    const users = new Map<string, () => void>();
    const changed = (): void => {
      for (const notify of users.values()) notify();
    };
    const handler = { added: changed, updated: changed, deleted: changed };
    const informer =
      kind === "ConfigMap"
        ? new Informer<ConfigMap>(this.#ctx, this.#client, configMaps, options)
        : new Informer<Secret>(this.#ctx, this.#client, secrets, options);
    informer.addHandler(handler);
    const watched: Watched = { informer, users };
    this.#watched.set(key, watched);
    return watched;
  }
}
