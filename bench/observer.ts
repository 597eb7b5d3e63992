/** When did a watch first show something? One watch for many questions, open before anything is changed. */
import { type Context, withCancel } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";

interface Question<T> {
  readonly accepts: (object: T) => boolean;
  readonly answer: (atMs: number) => void;
  readonly fail: (reason: unknown) => void;
}

export class Observer<T extends KubeObject> implements Disposable {
  readonly #questions = new Set<Question<T>>();
  readonly #cancel: () => void;

  private constructor(cancel: () => void) {
    this.#cancel = cancel;
  }

  static async open<T extends KubeObject>(
    parent: Context,
    client: KubeClient,
    resource: Resource<T>,
    namespace: string,
  ): Promise<Observer<T>> {
    const { ctx, cancel } = withCancel(parent);
    const { metadata } = await client.list(ctx, resource, { namespace });
    const observer = new Observer<T>(cancel);
    void observer.#follow(ctx, client, resource, { namespace, resourceVersion: metadata.resourceVersion ?? "0" });
    return observer;
  }

  /** The time (of `performance.now`) of the first event whose object is accepted. */
  first(accepts: (object: T) => boolean): Promise<number> {
    return new Promise((answer, fail) => this.#questions.add({ accepts, answer, fail }));
  }

  async #follow(
    ctx: Context,
    client: KubeClient,
    resource: Resource<T>,
    scope: { namespace: string; resourceVersion: string },
  ): Promise<void> {
    let reason: unknown = new Error(`the watch of ${resource.plural} in ${scope.namespace} ended`);
    try {
      for await (const event of client.watch(ctx, resource, scope))
        if (event.type === "ADDED" || event.type === "MODIFIED") this.#show(event.object);
    } catch (error) {
      reason = error;
    }
    for (const { fail } of this.#questions) fail(reason);
  }

  #show(object: T): void {
    for (const question of this.#questions) {
      if (!question.accepts(object)) continue;
      this.#questions.delete(question);
      question.answer(performance.now());
    }
  }

  [Symbol.dispose](): void {
    this.#cancel();
  }
}
