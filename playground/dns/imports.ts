/**
 * The ServiceImports of a cluster that may know of none: their CRD can come and go while the DNS server runs.
 * CoreDNS: plugin/multicluster, which waits for it
 */
import type { CustomResourceDefinition } from "kubernetes-types/apiextensions/v1";
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { Informer } from "#kube/informer/informer.ts";
import { customResourceDefinitions } from "#machinery/builtin.ts";
import { isConditionTrue } from "#machinery/conditions.ts";
import { type ServiceImport, serviceImports } from "./clusterset.ts";

const DEFINITION = `${serviceImports.plural}.${serviceImports.group}`;

export class Imports implements AsyncDisposable {
  readonly #ctx: Context;
  readonly #client: KubeClient;
  readonly #definitions: Informer<CustomResourceDefinition>;
  #imports: Informer<ServiceImport> | undefined;
  /** Those of definitions that are gone. */
  readonly #ending: Promise<void>[] = [];

  constructor(ctx: Context, client: KubeClient) {
    this.#ctx = ctx;
    this.#client = client;
    this.#definitions = new Informer(ctx, client, customResourceDefinitions, {
      fieldSelector: `metadata.name=${DEFINITION}`,
    });
    const look = (definition: CustomResourceDefinition): void => this.#follow(definition);
    this.#definitions.addHandler({ added: look, updated: look, deleted: () => this.#follow(undefined) });
  }

  get isKnown(): boolean {
    return this.#imports !== undefined;
  }

  find(namespace: string, name: string): ServiceImport | undefined {
    return this.#imports?.store.get({ namespace, name });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#definitions[Symbol.asyncDispose]();
    await this.#imports?.[Symbol.asyncDispose]();
    await Promise.all(this.#ending);
  }

  #follow(definition: CustomResourceDefinition | undefined): void {
    const isServed = isConditionTrue(definition?.status?.conditions, "Established");
    if (isServed && this.#imports === undefined)
      this.#imports = new Informer(this.#ctx, this.#client, serviceImports, {});
    if (isServed || this.#imports === undefined) return;
    this.#ending.push(Promise.resolve(this.#imports[Symbol.asyncDispose]()));
    this.#imports = undefined;
  }
}
