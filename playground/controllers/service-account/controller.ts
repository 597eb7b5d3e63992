/** Every namespace gets a `default` ServiceAccount and the cluster's CA. Kubernetes: pkg/controller/serviceaccount, pkg/controller/certificates/rootcacertpublisher */
import { type Controller, DONE, watchFor, watchMapped } from "#kube/controller/controller.ts";
import { configMaps, namespaces, serviceAccounts } from "#machinery/builtin.ts";
import { isAlreadyExists } from "#machinery/status-error.ts";
import type { Deps } from "../deps.ts";

const ROOT_CA = "kube-root-ca.crt";

export function serviceAccountController(deps: Deps): Controller {
  const informer = deps.informers.for(namespaces);
  const accounts = deps.informers.for(serviceAccounts);
  const maps = deps.informers.for(configMaps, { fieldSelector: `metadata.name=${ROOT_CA}` });
  const namespaceOf = ({ metadata }: { metadata?: { namespace?: string } }) => [{ name: metadata?.namespace ?? "" }];
  return {
    name: "service-account",
    workers: 2,
    watches: [watchFor(informer), watchMapped(accounts, namespaceOf), watchMapped(maps, namespaceOf)],
    reconcile: async (ctx, { name: namespace }) => {
      const found = informer.store.get({ name: namespace });
      if (found === undefined || found.metadata?.deletionTimestamp !== undefined) return DONE;
      if (accounts.store.get({ namespace, name: "default" }) === undefined) {
        await deps.client
          .create(ctx, serviceAccounts, { metadata: { name: "default", namespace } })
          .catch(ignoreExisting);
      }
      const map = maps.store.get({ namespace, name: ROOT_CA });
      const data = { "ca.crt": deps.settings.caCert };
      const metadata = {
        name: ROOT_CA,
        namespace,
        annotations: {
          "kubernetes.io/description":
            "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.",
        },
      };
      if (map === undefined) await deps.client.create(ctx, configMaps, { metadata, data }).catch(ignoreExisting);
      else if (map.data?.["ca.crt"] !== data["ca.crt"]) await deps.client.update(ctx, configMaps, { ...map, data });
      return DONE;
    },
  };
}

function ignoreExisting(error: unknown): void {
  if (!isAlreadyExists(error)) throw error;
}
