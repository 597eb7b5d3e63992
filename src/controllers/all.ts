/** The one list of what liqo-controller-manager runs, by module. */
import type { Controller } from "#kube/controller/controller.ts";
import { clusterKeysController } from "./authentication/clusterkeys/controller.ts";
import { identityController } from "./authentication/identity/controller.ts";
import { localResourceSliceController } from "./authentication/localresourceslice/controller.ts";
import { nonceCreatorController } from "./authentication/noncecreator/controller.ts";
import { nonceSignerController } from "./authentication/noncesigner/controller.ts";
import { remoteResourceSliceController } from "./authentication/remoteresourceslice/controller.ts";
import { renewController } from "./authentication/renew/controller.ts";
import { tenantController } from "./authentication/tenant/controller.ts";
import { foreignClusterController } from "./core/foreigncluster/controller.ts";
import { ownObjectsController } from "./core/ownobjects/controller.ts";
import type { Deps } from "./deps.ts";
import { apiServerIpController } from "./ipam/apiserverip/controller.ts";
import { ipController } from "./ipam/ip/controller.ts";
import { ipServiceController } from "./ipam/ipservice/controller.ts";
import { networkController } from "./ipam/network/controller.ts";
import { serviceImportController } from "./mcs/serviceimport/controller.ts";
import { configurationController } from "./networking/configuration/controller.ts";
import { fabricTablesController } from "./networking/fabrictables/controller.ts";
import { gatewayClientController, gatewayServerController } from "./networking/gateway/controller.ts";
import { gatewayActiveController } from "./networking/gatewayactive/controller.ts";
import { gatewayBypassController } from "./networking/gatewaybypass/controller.ts";
import { geneveTunnelController } from "./networking/genevetunnel/controller.ts";
import { internalFabricController } from "./networking/internalfabric/controller.ts";
import { internalNodeController } from "./networking/internalnode/controller.ts";
import { ipMappingController } from "./networking/ipmapping/controller.ts";
import { nodeTablesController } from "./networking/nodetables/controller.ts";
import { OverlayAddresses } from "./networking/overlay-addresses.ts";
import { peerTablesController } from "./networking/peertables/controller.ts";
import { podIpController } from "./networking/podip/controller.ts";
import { wgGatewayClientController, wgGatewayServerController } from "./networking/wggateway/controller.ts";
import { csrApprovalController } from "./offloading/csr/controller.ts";
import { namespaceMapController } from "./offloading/namespacemap/controller.ts";
import { namespaceOffloadingController } from "./offloading/namespaceoffloading/controller.ts";
import { nodeFailureController } from "./offloading/nodefailure/controller.ts";
import { podFallbackController } from "./offloading/podfallback/controller.ts";
import { podStatusController } from "./offloading/podstatus/controller.ts";
import { shadowEndpointSliceController } from "./offloading/shadowendpointslice/controller.ts";
import { shadowNetworkPolicyController } from "./offloading/shadownetworkpolicy/controller.ts";
import { shadowPodController } from "./offloading/shadowpod/controller.ts";
import { virtualNodeController } from "./offloading/virtualnode/controller.ts";
import { storageClaimController } from "./storage/claim/controller.ts";
import { storageNamespaceController } from "./storage/namespace/controller.ts";
import { storageVolumeController } from "./storage/volume/controller.ts";

export interface Modules {
  readonly networking: boolean;
  readonly authentication: boolean;
  readonly offloading: boolean;
}

export function allControllers(deps: Deps, modules: Modules): Controller[] {
  return [
    foreignClusterController(deps),
    ...(modules.networking ? networkingControllers(deps) : []),
    ...(modules.authentication ? authenticationControllers(deps) : []),
    ...(modules.offloading ? offloadingControllers(deps) : []),
  ];
}

function networkingControllers(deps: Deps): Controller[] {
  const addresses = new OverlayAddresses(deps.informers);
  return [
    ownObjectsController(deps),
    networkController(deps),
    ipController(deps),
    apiServerIpController(deps),
    ipServiceController(deps),
    podIpController(deps),
    configurationController(deps),
    internalNodeController(deps, addresses),
    internalFabricController(deps, addresses),
    geneveTunnelController(deps),
    peerTablesController(deps),
    fabricTablesController(deps),
    nodeTablesController(deps),
    gatewayBypassController(deps),
    ipMappingController(deps),
    gatewayServerController(deps),
    gatewayClientController(deps),
    wgGatewayServerController(deps),
    wgGatewayClientController(deps),
    gatewayActiveController(deps),
  ];
}

function authenticationControllers(deps: Deps): Controller[] {
  return [
    clusterKeysController(deps),
    nonceCreatorController(deps),
    nonceSignerController(deps),
    tenantController(deps),
    identityController(deps),
    renewController(deps),
    localResourceSliceController(deps),
    remoteResourceSliceController(deps),
  ];
}

function offloadingControllers(deps: Deps): Controller[] {
  return [
    virtualNodeController(deps),
    namespaceOffloadingController(deps),
    namespaceMapController(deps),
    shadowPodController(deps),
    shadowEndpointSliceController(deps),
    shadowNetworkPolicyController(deps),
    podStatusController(deps),
    podFallbackController(deps),
    ...(deps.settings.isNodeFailureHandled ? [nodeFailureController(deps)] : []),
    ...(deps.settings.hasMulticlusterServices ? [serviceImportController(deps)] : []),
    csrApprovalController(deps),
    ...(deps.settings.hasStorage ? storageControllers(deps) : []),
  ];
}

function storageControllers(deps: Deps): Controller[] {
  return [storageNamespaceController(deps), storageClaimController(deps), storageVolumeController(deps)];
}
