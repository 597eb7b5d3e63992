/** Every namespace gets a `default` ServiceAccount. Kubernetes: pkg/controller/serviceaccount/serviceaccounts_controller.go */
import type { Namespace, ServiceAccount } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import type { Store } from "#kube/informer/store.ts";
import { namespaces, serviceAccounts } from "#machinery/builtin.ts";
import type { ObjectKey } from "#machinery/meta.ts";
import { isAlreadyExists } from "#machinery/status-error.ts";
import type { Deps } from "../deps.ts";

const NAME = "default";

interface Stores {
  readonly namespaces: Store<Namespace>;
  readonly accounts: Store<ServiceAccount>;
}

export function serviceAccountController(deps: Deps): Controller {
  const informer = deps.informers.for(namespaces);
  const accounts = deps.informers.for(serviceAccounts);
  const stores: Stores = { namespaces: informer.store, accounts: accounts.store };
  return {
    name: "service-account",
    workers: 2,
    watches: [watchFor(informer), watchMapped(accounts, ({ metadata }) => [{ name: metadata?.namespace ?? "" }])],
    reconcile: (ctx, key) => reconcile(ctx, deps, stores, key),
  };
}

async function reconcile(ctx: Context, deps: Deps, stores: Stores, { name: namespace }: ObjectKey): Promise<Result> {
  const found = stores.namespaces.get({ name: namespace });
  if (found === undefined || found.metadata?.deletionTimestamp !== undefined) return DONE;
  if (stores.accounts.get({ namespace, name: NAME }) !== undefined) return DONE;
  try {
    await deps.client.create(ctx, serviceAccounts, { metadata: { name: NAME, namespace } });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  return DONE;
}
