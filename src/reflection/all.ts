/** Every reflector, in the two groups that are elected separately. */
import { configMapReflector } from "./configuration/configmap.ts";
import { secretReflector } from "./configuration/secret.ts";
import { serviceAccountReflector } from "./configuration/service-account.ts";
import type { Reflector } from "./deps.ts";
import { eventReflector } from "./event/event.ts";
import { endpointSliceReflector } from "./exposition/endpointslice.ts";
import { ingressReflector } from "./exposition/ingress.ts";
import { networkPolicyReflector } from "./exposition/networkpolicy.ts";
import { serviceReflector } from "./exposition/service.ts";
import { serviceExportReflector } from "./multicluster/serviceexport.ts";
import { serviceImportReflector } from "./multicluster/serviceimport.ts";
import { claimReflector } from "./storage/persistentvolumeclaim.ts";
import { podReflector } from "./workload/pod.ts";

/** What belongs to one virtual node: each virtual kubelet does its own. */
export const nodeReflectors: readonly Reflector[] = [podReflector, serviceAccountReflector];

/** What belongs to the pair of namespaces: one virtual kubelet does it for all virtual nodes of a provider. */
export const sharedReflectors: readonly Reflector[] = [
  serviceReflector,
  endpointSliceReflector,
  ingressReflector,
  configMapReflector,
  secretReflector,
  claimReflector,
  eventReflector,
  networkPolicyReflector,
  serviceExportReflector,
  serviceImportReflector,
];
