/** Every namespace gets the cluster's CA, for pods to verify the API server. Kubernetes: pkg/controller/certificates/rootcacertpublisher */
import type { ConfigMap, Namespace } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import type { Store } from "#kube/informer/store.ts";
import { configMaps, namespaces } from "#machinery/builtin.ts";
import type { ObjectKey } from "#machinery/meta.ts";
import { isAlreadyExists } from "#machinery/status-error.ts";
import type { Deps } from "../deps.ts";
import { planPublish, ROOT_CA } from "./plan.ts";

interface Stores {
  readonly namespaces: Store<Namespace>;
  readonly maps: Store<ConfigMap>;
}

export function rootCaPublisher(deps: Deps): Controller {
  const informer = deps.informers.for(namespaces);
  const maps = deps.informers.for(configMaps, { fieldSelector: `metadata.name=${ROOT_CA}` });
  const stores: Stores = { namespaces: informer.store, maps: maps.store };
  return {
    name: "root-ca-publisher",
    workers: 2,
    watches: [watchFor(informer), watchMapped(maps, ({ metadata }) => [{ name: metadata?.namespace ?? "" }])],
    reconcile: (ctx, key) => reconcile(ctx, deps, stores, key),
  };
}

async function reconcile(ctx: Context, deps: Deps, stores: Stores, { name: namespace }: ObjectKey): Promise<Result> {
  const found = stores.namespaces.get({ name: namespace });
  if (found === undefined || found.metadata?.deletionTimestamp !== undefined) return DONE;
  const plan = planPublish(namespace, deps.settings.caCert, stores.maps.get({ namespace, name: ROOT_CA }));
  if (plan.do === "update") await deps.client.update(ctx, configMaps, plan.map);
  if (plan.do !== "create") return DONE;
  try {
    await deps.client.create(ctx, configMaps, plan.map);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  return DONE;
}
