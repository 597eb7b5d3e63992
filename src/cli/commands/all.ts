/** Every command of Liqo. */
import type { Command, CommandGroup } from "../command/command.ts";
import { activateTenantCommand } from "./activate/tenant.ts";
import { authenticateCommand } from "./authenticate/authenticate.ts";
import { checkCommand } from "./check/check.ts";
import { cordonResourceSliceCommand } from "./cordon/resourceslice.ts";
import { cordonTenantCommand } from "./cordon/tenant.ts";
import { createConfigurationCommand } from "./create/configuration.ts";
import { createGatewayClientCommand } from "./create/gatewayclient.ts";
import { createGatewayServerCommand } from "./create/gatewayserver.ts";
import { createNonceCommand } from "./create/nonce.ts";
import { createPublicKeyCommand } from "./create/publickey.ts";
import { createResourceSliceCommand } from "./create/resourceslice.ts";
import { createVirtualNodeCommand } from "./create/virtualnode.ts";
import { deleteCommands } from "./delete/delete.ts";
import { deletePeeringUserCommand } from "./delete/peering-user.ts";
import { drainTenantCommand } from "./drain/tenant.ts";
import { forceUnpeerCommand } from "./force/unpeer.ts";
import { generateConfigurationCommand } from "./generate/configuration.ts";
import { generateIdentityCommand } from "./generate/identity.ts";
import { generatePeeringUserCommand } from "./generate/peering-user.ts";
import { generatePublicKeyCommand } from "./generate/publickey.ts";
import { generateTenantCommand } from "./generate/tenant.ts";
import { getKubeconfigCommand } from "./get/kubeconfig.ts";
import { getNonceCommand } from "./get/nonce.ts";
import { infoCommand } from "./info/info.ts";
import { infoPeerCommand } from "./info/peer.ts";
import { installCommands } from "./install/install.ts";
import { moveVolumeCommand } from "./move/volume.ts";
import { networkConnectCommand } from "./network/connect.ts";
import { networkDisconnectCommand, networkResetCommand } from "./network/disconnect.ts";
import { offloadNamespaceCommand } from "./offload/namespace.ts";
import { peerCommand } from "./peer/peer.ts";
import { simulateOutageCommand } from "./simulate/outage.ts";
import { supportCommand } from "./support/support.ts";
import { testNetworkCommand } from "./test/network.ts";
import { traceCommand } from "./trace/trace.ts";
import { unauthenticateCommand } from "./unauthenticate/unauthenticate.ts";
import { uncordonResourceSliceCommand } from "./uncordon/resourceslice.ts";
import { uncordonTenantCommand } from "./uncordon/tenant.ts";
import { uninstallCommand } from "./uninstall/uninstall.ts";
import { unoffloadNamespaceCommand } from "./unoffload/namespace.ts";
import { unpeerCommand } from "./unpeer/unpeer.ts";
import { versionCommand } from "./version/version.ts";
import { whyCommand } from "./why/why.ts";

export const liqoGroups: readonly CommandGroup[] = [
  { path: ["activate"], summary: "Let a consumer in again." },
  { path: ["cordon"], summary: "Give a consumer nothing new." },
  { path: ["create"], summary: "Make single objects of a peering." },
  { path: ["delete"], summary: "Delete single objects of a peering." },
  { path: ["drain"], summary: "Take from a consumer what it has." },
  { path: ["force"], summary: "Force actions on Liqo." },
  { path: ["generate"], summary: "Print objects to be applied at a peer." },
  { path: ["get"], summary: "Print what Liqo keeps in Secrets." },
  { path: ["move"], summary: "Move something to another cluster." },
  { path: ["network"], summary: "Connect and part the networks of two clusters." },
  { path: ["offload"], summary: "Extend something to remote clusters." },
  { path: ["simulate"], summary: "Tell what would happen, without doing it." },
  { path: ["test"], summary: "Check that clusters work together." },
  { path: ["uncordon"], summary: "Undo a cordon." },
  { path: ["unoffload"], summary: "Bring something home." },
];

export const liqoCommands: readonly Command[] = [
  ...installCommands,
  uninstallCommand,
  peerCommand,
  unpeerCommand,
  forceUnpeerCommand,
  authenticateCommand,
  unauthenticateCommand,
  networkConnectCommand,
  networkDisconnectCommand,
  networkResetCommand,
  cordonTenantCommand,
  cordonResourceSliceCommand,
  uncordonTenantCommand,
  uncordonResourceSliceCommand,
  drainTenantCommand,
  activateTenantCommand,
  createConfigurationCommand,
  createGatewayServerCommand,
  createGatewayClientCommand,
  createPublicKeyCommand,
  createNonceCommand,
  createResourceSliceCommand,
  createVirtualNodeCommand,
  ...deleteCommands,
  deletePeeringUserCommand,
  generateConfigurationCommand,
  generatePublicKeyCommand,
  generateTenantCommand,
  generateIdentityCommand,
  generatePeeringUserCommand,
  getKubeconfigCommand,
  getNonceCommand,
  moveVolumeCommand,
  offloadNamespaceCommand,
  unoffloadNamespaceCommand,
  checkCommand,
  infoCommand,
  infoPeerCommand,
  simulateOutageCommand,
  supportCommand,
  testNetworkCommand,
  traceCommand,
  whyCommand,
  versionCommand,
];
