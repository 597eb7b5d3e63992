/** A client for objects of any kind: which resource a kind is, the API server says. */

import type { Context } from "#base/context.ts";
import { withTimeout } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { KubeClient } from "#kube/client/client.ts";
import { configFromFile } from "#kube/client/config.ts";
import { discoverResources } from "#kube/client/discovery.ts";
import { Informer } from "#kube/informer/informer.ts";
import { apiVersionOf, type Resource } from "#machinery/gvk.ts";
import { type KubeObject, keyOf } from "#machinery/meta.ts";
import type { LabClient, LabListOptions, LabObject, LabReference } from "./lab.ts";

const FIELD_MANAGER = "liqo-ts-testing";
const WAIT_MS = 60_000;

type Kind = Pick<LabObject, "apiVersion" | "kind">;
type Whole = LabObject & KubeObject;

export function openClient(kubeconfigPath: string): LabClient & Disposable & { readonly server: string } {
  const controller = new AbortController();
  const ctx: Context = { signal: controller.signal, log: silentLogger };
  const config = configFromFile(kubeconfigPath);
  const client = new KubeClient(config, FIELD_MANAGER);
  const resourceOf = resourceFinder(ctx, client);
  return {
    server: config.server,
    apply: async <T extends LabObject>(object: LabObject) =>
      (await client.apply(ctx, await resourceOf(object), object as Whole)) as LabObject as T,
    get: async <T extends LabObject>(object: LabReference) =>
      (await client.find(ctx, await resourceOf(object), keyOf(object))) as LabObject | undefined as T | undefined,
    list: async <T extends LabObject>({ apiVersion, kind, ...scope }: LabListOptions) =>
      (await client.list(ctx, await resourceOf({ apiVersion, kind }), scope)).items as LabObject[] as T[],
    delete: async (object) => client.deleteIfPresent(ctx, await resourceOf(object), keyOf(object)),
    waitFor: async <T extends LabObject>(
      object: LabReference,
      isWanted: (object: T | undefined) => boolean,
      timeoutMs = WAIT_MS,
    ) => {
      const limited = withTimeout(ctx, timeoutMs);
      const wanted = isWanted as (object: LabObject | undefined) => boolean;
      return (await waitFor(limited, client, await resourceOf(object), object, wanted)) as T | undefined;
    },
    [Symbol.dispose]: () => {
      controller.abort();
      client[Symbol.dispose]();
    },
  };
}

/** Kinds may be defined while a test runs: one that is not known is looked for again. */
function resourceFinder(ctx: Context, client: KubeClient): (kind: Kind) => Promise<Resource<Whole>> {
  let known: readonly Resource[] = [];
  const find = ({ apiVersion, kind }: Kind): Resource | undefined =>
    known.find((resource) => apiVersionOf(resource) === apiVersion && resource.kind === kind);
  return async (kind) => {
    if (find(kind) === undefined) known = await discoverResources(ctx, client);
    const resource = find(kind);
    if (resource === undefined)
      throw new Error(`no kind "${kind.kind}" in ${kind.apiVersion} at ${client.transport.config.server}`);
    return resource as Resource<Whole>;
  };
}

async function waitFor(
  ctx: Context,
  client: KubeClient,
  resource: Resource<Whole>,
  { metadata: { name, namespace } }: LabReference,
  isWanted: (object: LabObject | undefined) => boolean,
): Promise<LabObject | undefined> {
  const scope = { fieldSelector: `metadata.name=${name}`, ...(namespace !== undefined && { namespace }) };
  await using informer = new Informer(ctx, client, resource, scope);
  const key = { name, ...(namespace !== undefined && { namespace }) };
  const { promise, resolve, reject } = Promise.withResolvers<LabObject | undefined>();
  const look = (): void => {
    const object = informer.store.get(key);
    try {
      if (isWanted(object)) resolve(object);
    } catch (error) {
      reject(error);
    }
  };
  informer.addHandler({ added: look, updated: look, deleted: look });
  void informer.synced.then(look);
  ctx.signal.addEventListener("abort", () => {
    const seen = JSON.stringify(informer.store.get(key));
    reject(new Error(`${resource.kind} ${name} is not as wanted; it was last ${seen ?? "absent"}`));
  });
  // Awaited here: the informer ends with this function.
  return await promise;
}
