/** `liqoctl playground`: embedded clusters on this machine. Here, because only programs may know both liqoctl and the engine. */
import type { Command, CommandGroup } from "#cli/command/command.ts";
import { createCommand } from "./create.ts";
import { deleteCommand } from "./delete.ts";
import { kubeconfigCommand } from "./kubeconfig.ts";
import { cutCommand, healCommand } from "./links.ts";
import { loadCommand } from "./load.ts";
import { logsCommand } from "./logs.ts";
import { startCommand, stopCommand } from "./power.ts";
import { listCommand, statusCommand } from "./states.ts";

export const playgroundGroup: CommandGroup = {
  path: ["playground"],
  summary:
    "Kubernetes-compatible clusters on this machine, with images of this machine, of archives and of registries.",
};

export const playgroundCommands: readonly Command[] = [
  createCommand,
  deleteCommand,
  listCommand,
  statusCommand,
  stopCommand,
  startCommand,
  cutCommand,
  healCommand,
  kubeconfigCommand,
  loadCommand,
  logsCommand,
];
