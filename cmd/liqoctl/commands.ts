/** All that liqoctl can do. */
import type { Commands } from "#cli/command/command.ts";
import { liqoCommands, liqoGroups } from "#cli/commands/all.ts";
import { completionCommands, completionGroup } from "#cli/commands/completion/completion.ts";
import { dashboardCommand } from "#cli/commands/dashboard/dashboard.ts";
import { around } from "./dashboard.ts";
import { playgroundCommands, playgroundGroup } from "./playground/all.ts";

export const liqoctl: Commands = {
  name: "liqoctl",
  summary: "Extends Kubernetes clusters with the resources of others.",
  groups: [...liqoGroups, completionGroup, playgroundGroup],
  commands: [...liqoCommands, dashboardCommand(around), ...completionCommands(() => liqoctl), ...playgroundCommands],
};
