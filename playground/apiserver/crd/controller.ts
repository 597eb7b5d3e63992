/**
 * Serves custom resources as their definitions come, change and go; a definition under deletion first loses its
 * objects. Kubernetes: apiextensions-apiserver/pkg/apiserver/customresource_handler.go, pkg/controller/finalizer
 */
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { isNotFound } from "#machinery/status-error.ts";
import type { Store } from "../../store/store.ts";
import { type Core, keyPrefix, timestamp } from "../core.ts";
import type { ServedResource } from "../registry.ts";
import type { ObjectWriter } from "../request.ts";
import { CLEANUP_FINALIZER, type CustomResourceDefinition, customResourceDefinitions } from "./crd.ts";
import { customResource } from "./custom-strategy.ts";

const PREFIX = "/registry/apiextensions.k8s.io/customresourcedefinitions/";

/** Of another server: it was checked there. */
export function putDefinition(store: Store<KubeObject>, definition: KubeObject): void {
  store.create(`${PREFIX}${definition.metadata?.name}`, (revision) => ({
    ...definition,
    metadata: { ...definition.metadata, resourceVersion: String(revision) },
  }));
}

export function startCustomResources(ctx: Context, core: Core, writer: ObjectWriter): void {
  const controller = new CustomResources(ctx, core, writer);
  for (const { value } of core.store.list(PREFIX)) controller.serve(value as CustomResourceDefinition);
  const stop = core.store.watch({
    prefix: PREFIX,
    fromRevision: core.store.revision,
    onEvent: ({ type, value }) => {
      // Only definitions are stored below this prefix.
      const crd = value as CustomResourceDefinition;
      if (type === "DELETED") controller.forget(crd);
      else controller.serve(crd);
    },
  });
  ctx.signal.addEventListener("abort", stop, { once: true });
}

class CustomResources {
  readonly #ctx: Context;
  readonly #core: Core;
  readonly #writer: ObjectWriter;
  readonly #served = new Map<string, { readonly spec: unknown; readonly resources: readonly ServedResource[] }>();
  readonly #terminating = new Set<string>();

  constructor(ctx: Context, core: Core, writer: ObjectWriter) {
    this.#ctx = ctx;
    this.#core = core;
    this.#writer = writer;
  }

  serve(crd: CustomResourceDefinition): void {
    const name = crd.metadata?.name ?? "";
    const spec = JSON.stringify(crd.spec.names) + crd.metadata?.generation;
    if (this.#served.get(name)?.spec !== spec) {
      this.forget(crd);
      const resources = crd.spec.versions
        .filter((version) => version.served)
        .map((version) => customResource(crd, version, this.#core.schemas.objectMeta()));
      for (const resource of resources) this.#core.registry.add(resource);
      this.#served.set(name, { spec, resources });
    }
    if (crd.metadata?.deletionTimestamp !== undefined && !this.#terminating.has(name)) {
      this.#terminating.add(name);
      void this.#terminate(crd).catch((error: unknown) => {
        this.#terminating.delete(name);
        if (!this.#ctx.signal.aborted)
          this.#ctx.log.error("delete custom resources", { crd: name, error: messageOf(error) });
      });
    }
  }

  forget(crd: CustomResourceDefinition): void {
    const name = crd.metadata?.name ?? "";
    for (const { strategy } of this.#served.get(name)?.resources ?? []) this.#core.registry.remove(strategy.resource);
    this.#served.delete(name);
    this.#terminating.delete(name);
  }

  async #terminate(crd: CustomResourceDefinition): Promise<void> {
    const name = crd.metadata?.name ?? "";
    await Promise.resolve();
    await this.#condition(name);
    const served = this.#served.get(name)?.resources[0];
    if (served !== undefined) {
      const gone = this.#whenEmpty(served);
      for (const { value } of this.#core.store.list(keyPrefix(served, ""))) await this.#delete(served, value);
      await gone;
    }
    if (this.#ctx.signal.aborted) return;
    await this.#writer.change(this.#ctx, customResourceDefinitions, "", name, "", (current) => {
      const finalizers = current.metadata?.finalizers?.filter((finalizer) => finalizer !== CLEANUP_FINALIZER) ?? [];
      return { ...current, metadata: { ...current.metadata, finalizers } };
    });
  }

  async #condition(name: string): Promise<void> {
    await this.#writer.change(this.#ctx, customResourceDefinitions, "", name, "status", (current) => {
      const conditions = (current.status?.conditions ?? []).filter(({ type }) => type !== "Terminating");
      conditions.push({
        type: "Terminating",
        status: "True",
        lastTransitionTime: timestamp(this.#core.clock.epochMs()),
        reason: "InstanceDeletionInProgress",
        message: "CustomResource deletion is in progress",
      });
      return { ...current, status: { ...current.status, conditions } };
    });
  }

  async #delete(served: ServedResource, object: KubeObject): Promise<void> {
    const { name = "", namespace = "" } = object.metadata ?? {};
    const resource: Resource = served.strategy.resource;
    try {
      await this.#writer.delete(this.#ctx, resource, namespace, name, {});
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  /** Resolves when no object of the resource is left, which finalizers may delay, or when the server ends. */
  #whenEmpty(served: ServedResource): Promise<void> {
    const { store } = this.#core;
    const prefix = keyPrefix(served, "");
    return new Promise((resolve) => {
      const finish = (): void => {
        stop();
        resolve();
      };
      const stop = store.watch({
        prefix,
        fromRevision: store.revision,
        onEvent: ({ type }) => {
          if (type === "DELETED" && store.count(prefix) === 0) finish();
        },
      });
      this.#ctx.signal.addEventListener("abort", finish, { once: true });
      if (store.count(prefix) === 0) finish();
    });
  }
}
