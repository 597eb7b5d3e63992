/** The one list of admission paths. Upstream: cmd/webhook, section names as in the webhook configurations of the chart */
import type { AdmissionHandler } from "#kube/webhook-server/server.ts";
import type { Deps } from "./deps.ts";
import { mutateFirewallConfiguration, validateFirewallConfiguration } from "./firewallconfiguration/admit.ts";
import { mutateForeignCluster } from "./foreigncluster/mutate.ts";
import { validateNamespaceOffloading } from "./namespaceoffloading/validate.ts";
import { mutatePod } from "./pod/mutate.ts";
import { validatePod } from "./pod/validate.ts";
import { validateReplica } from "./replica/validate.ts";
import { validateResourceSlice } from "./resourceslice/validate.ts";
import { validateRouteConfiguration } from "./routeconfiguration/validate.ts";
import { mutateShadowPod } from "./shadowpod/mutate.ts";
import { tracedAdmission } from "./shadowpod/trace.ts";
import { validateShadowPod } from "./shadowpod/validate.ts";
import { mutateTenant, validateTenant } from "./tenant/admit.ts";
import { mutateVirtualNode } from "./virtualnode/mutate.ts";

export function allWebhooks(deps: Deps): Readonly<Record<string, AdmissionHandler>> {
  return {
    "/mutate/pod": mutatePod(deps),
    "/validate/pod": validatePod(deps),
    "/mutate/shadowpods": mutateShadowPod,
    "/validate/shadowpods": tracedAdmission("validate ShadowPod", deps.clusterId, validateShadowPod(deps)),
    "/mutate/foreign-cluster": mutateForeignCluster,
    "/mutate/virtualnodes": mutateVirtualNode(deps),
    "/mutate/firewallconfigurations": mutateFirewallConfiguration,
    "/validate/firewallconfigurations": validateFirewallConfiguration,
    "/validate/routeconfigurations": validateRouteConfiguration,
    "/mutate/tenants": mutateTenant,
    "/validate/tenants": validateTenant(deps),
    "/validate/namespace-offloading": validateNamespaceOffloading(deps),
    "/validate/resourceslices": validateResourceSlice(deps),
    "/validate/replicas": validateReplica(deps),
  };
}
