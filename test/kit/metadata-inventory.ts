/** Which objects a cluster has, without their content: cheap enough to look again and again. */
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { KubeClient } from "#kube/client/client.ts";
import { configFromFile } from "#kube/client/config.ts";
import { discoverResources } from "#kube/client/discovery.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { isNotFound } from "#machinery/status-error.ts";

export interface MetadataInventory extends Disposable {
  /** Of all kinds and namespaces. */
  list(): Promise<KubeObject[]>;
}

export function openMetadataInventory(kubeconfig: string, context: string): MetadataInventory {
  const client = new KubeClient(configFromFile(kubeconfig, { context }), "test");
  const ctx: Context = { signal: new AbortController().signal, log: silentLogger };
  return {
    async list() {
      const kinds = (await discoverResources(ctx, client)).filter(({ verbs }) => verbs.includes("list"));
      const lists = kinds.map(async (resource) => {
        try {
          const { items } = await client.list(ctx, resource as Resource<KubeObject>, { metadataOnly: true });
          return items.map((item) => ({ ...item, kind: resource.kind }));
        } catch (error) {
          // Its CRD went meanwhile.
          if (isNotFound(error)) return [];
          throw error;
        }
      });
      return (await Promise.all(lists)).flat();
    },
    [Symbol.dispose]: () => client[Symbol.dispose](),
  };
}
