/** Every command of Liqo. */
import type { Command, CommandGroup } from "../command/command.ts";
import { authenticateCommand } from "./authenticate/authenticate.ts";
import { forceUnpeerCommand } from "./force/unpeer.ts";
import { infoCommand } from "./info/info.ts";
import { infoPeerCommand } from "./info/peer.ts";
import { installCommand } from "./install/install.ts";
import { networkConnectCommand } from "./network/connect.ts";
import { networkDisconnectCommand, networkResetCommand } from "./network/disconnect.ts";
import { offloadNamespaceCommand } from "./offload/namespace.ts";
import { peerCommand } from "./peer/peer.ts";
import { unauthenticateCommand } from "./unauthenticate/unauthenticate.ts";
import { uninstallCommand } from "./uninstall/uninstall.ts";
import { unoffloadNamespaceCommand } from "./unoffload/namespace.ts";
import { unpeerCommand } from "./unpeer/unpeer.ts";
import { versionCommand } from "./version/version.ts";

export const liqoGroups: readonly CommandGroup[] = [
  { path: ["force"], summary: "Force actions on Liqo." },
  { path: ["network"], summary: "Connect and part the networks of two clusters." },
  { path: ["offload"], summary: "Extend something to remote clusters." },
  { path: ["unoffload"], summary: "Bring something home." },
];

export const liqoCommands: readonly Command[] = [
  installCommand,
  uninstallCommand,
  peerCommand,
  unpeerCommand,
  forceUnpeerCommand,
  authenticateCommand,
  unauthenticateCommand,
  networkConnectCommand,
  networkDisconnectCommand,
  networkResetCommand,
  offloadNamespaceCommand,
  unoffloadNamespaceCommand,
  infoCommand,
  infoPeerCommand,
  versionCommand,
];
