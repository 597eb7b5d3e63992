/** `liqoctl playground delete` */
import { argument } from "#cli/command/argument.ts";
import { command } from "#cli/command/command.ts";
import { deleteClusters } from "#playground/supervisor/commands.ts";
import { clusterNames, pathsOf, programsOf } from "./place.ts";

const DELETE_TIMEOUT_MS = 60_000;

export const deleteCommand = command({
  path: ["playground", "delete"],
  summary: "Remove clusters and everything they made.",
  args: { names: argument.any("clusters; none: all of them", clusterNames) },
  async run(ctx, env, { args: { names } }) {
    await env.printer.step("global", names.length === 0 ? "Playground removed" : `Removed ${names.join(", ")}`, () =>
      deleteClusters(ctx, pathsOf(env), programsOf(env), names, DELETE_TIMEOUT_MS),
    );
  },
});
