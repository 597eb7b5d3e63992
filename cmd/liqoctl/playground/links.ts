/** `liqoctl playground cut` and `liqoctl playground heal` */
import { argument } from "#cli/command/argument.ts";
import { command } from "#cli/command/command.ts";
import type { CommandEnvironment } from "#cli/command/environment.ts";
import { CliError } from "#cli/errors.ts";
import { cutLink, healLink } from "#playground/lab/links.ts";
import { requireKnown } from "#playground/supervisor/commands.ts";
import { readSpec } from "#playground/supervisor/spec.ts";
import { clusterNames, pathsOf } from "./place.ts";

const args = { names: argument.some("two clusters", clusterNames) };

export const cutCommand = command({
  path: ["playground", "cut"],
  summary: "Cut the way between two clusters: nothing of one reaches the other.",
  description: "Until `liqoctl playground heal`, or until the playground is deleted. This machine still reaches both.",
  examples: ["liqoctl playground cut milan rome"],
  args,
  async run(ctx, env, { args: { names } }) {
    const [one, other] = pairOf(env, names);
    await env.printer.step("global", `The link between ${one} and ${other} is cut`, () =>
      cutLink(ctx, env.playgroundHome, one, other),
    );
  },
});

export const healCommand = command({
  path: ["playground", "heal"],
  summary: "Give two clusters the way back that was cut.",
  examples: ["liqoctl playground heal milan rome"],
  args,
  async run(ctx, env, { args: { names } }) {
    const [one, other] = pairOf(env, names);
    await env.printer.step("global", `The link between ${one} and ${other} is whole`, () =>
      healLink(ctx, env.playgroundHome, one, other),
    );
  },
});

function pairOf(env: CommandEnvironment, names: readonly string[]): readonly [string, string] {
  const [one, other, third] = names;
  if (one === undefined || other === undefined || third !== undefined || one === other)
    throw new CliError("name two clusters", { hint: "see `liqoctl playground list`" });
  requireKnown(readSpec(pathsOf(env).spec).clusters, names);
  return [one, other];
}
