/** The IP through which offloaded pods reach the home API server. Upstream: pkg/liqo-controller-manager/ipam (api-server IP) */
import * as annotations from "#api/annotations.ts";
import { ips } from "#api/ipam/ip.ts";
import * as labels from "#api/labels.ts";
import { GLOBAL_LABELS } from "#forge/names.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import { services } from "#machinery/builtin.ts";
import { isAlreadyExists } from "#machinery/status-error.ts";
import type { Deps } from "../deps.ts";
import { uninstallingProbe } from "../uninstalling.ts";

const NAME = "api-server";
const SERVICE = "kubernetes";

export function apiServerIpController(deps: Deps): Controller {
  const informer = deps.informers.for(services, { namespace: "default", fieldSelector: `metadata.name=${SERVICE}` });
  const ipInformer = deps.informers.for(ips);
  const isUninstalling = uninstallingProbe(deps);
  return {
    name: "api-server-ip",
    watches: [
      watchFor(informer),
      watchMapped(ipInformer, ({ metadata }) =>
        metadata?.name === NAME ? [{ namespace: "default", name: SERVICE }] : [],
      ),
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const ip = informer.store.get(key)?.spec?.clusterIP;
      if (ip === undefined || ip === "None" || isUninstalling()) return DONE;
      const metadata = {
        name: NAME,
        namespace: deps.settings.liqoNamespace,
        labels: { ...GLOBAL_LABELS, [labels.IP_TYPE]: NAME },
        annotations: { [annotations.PREINSTALLED]: "true" },
      };
      await deps.client.create(ctx, ips, { metadata, spec: { ip } }).catch((error: unknown) => {
        if (!isAlreadyExists(error)) throw error;
      });
      return DONE;
    },
  };
}
