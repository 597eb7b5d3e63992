/** The one list of controllers that an embedded cluster runs. */
import { cronJobController } from "./cronjob/controller.ts";
import { csrSigningController } from "./csr-signing/controller.ts";
import { daemonSetController } from "./daemonset/controller.ts";
import { deploymentController } from "./deployment/controller.ts";
import type { ControllerFactory } from "./deps.ts";
import { disruptionController } from "./disruption/controller.ts";
import { endpointSliceController } from "./endpointslice/controller.ts";
import { endpointSliceMirroringController } from "./endpointslice-mirroring/controller.ts";
import { garbageCollector } from "./garbage-collector/controller.ts";
import { jobController } from "./job/controller.ts";
import { loadBalancerController } from "./load-balancer/controller.ts";
import { namespaceController } from "./namespace/controller.ts";
import { nodeIpamController } from "./node-ipam/controller.ts";
import { nodeLifecycleController } from "./node-lifecycle/controller.ts";
import { claimBinder } from "./persistentvolume-binder/controller.ts";
import { volumeProtection } from "./persistentvolume-protection/controller.ts";
import { volumeReclaimer } from "./persistentvolume-reclaimer/controller.ts";
import { claimProtection } from "./persistentvolumeclaim-protection/controller.ts";
import { podGcController } from "./pod-gc/controller.ts";
import { replicaSetController } from "./replicaset/controller.ts";
import { resourceQuotaController } from "./resource-quota/controller.ts";
import { rootCaPublisher } from "./root-ca-publisher/controller.ts";
import { serviceAccountController } from "./service-account/controller.ts";
import { statefulSetController } from "./statefulset/controller.ts";
import { taintEvictionController } from "./taint-eviction/controller.ts";

export const allControllers: readonly ControllerFactory[] = [
  serviceAccountController,
  rootCaPublisher,
  reporting("node-controller", nodeIpamController),
  reporting("deployment-controller", deploymentController),
  reporting("replicaset-controller", replicaSetController),
  reporting("daemonset-controller", daemonSetController),
  reporting("statefulset-controller", statefulSetController),
  reporting("job-controller", jobController),
  reporting("cronjob-controller", cronJobController),
  endpointSliceController,
  endpointSliceMirroringController,
  reporting("service-controller", loadBalancerController),
  namespaceController,
  garbageCollector,
  reporting("node-controller", nodeLifecycleController),
  reporting("taint-eviction-controller", taintEvictionController),
  reporting("persistentvolume-controller", claimBinder),
  volumeReclaimer,
  volumeProtection,
  claimProtection,
  podGcController,
  disruptionController,
  resourceQuotaController,
  csrSigningController,
];

/** The controller with events under upstream's name for it: what `kubectl describe` shows as `From`. */
function reporting(component: string, factory: ControllerFactory): ControllerFactory {
  return (deps) => factory({ ...deps, events: deps.events.as(component) });
}
