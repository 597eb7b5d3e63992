/** Where the playground of this user lies, and what it is run by. */
import type { Completer } from "#cli/command/completer.ts";
import type { CommandEnvironment } from "#cli/command/environment.ts";
import { type Paths, playgroundPaths } from "#playground/supervisor/paths.ts";
import { readSpec } from "#playground/supervisor/spec.ts";
import type { PlaygroundPrograms } from "#playground/supervisor/start-supervisor.ts";

export const READY_TIMEOUT_MS = 60_000;

export function pathsOf({ playgroundHome }: CommandEnvironment): Paths {
  return playgroundPaths(playgroundHome);
}

export function programsOf({ project }: CommandEnvironment): PlaygroundPrograms {
  return { node: process.execPath, bundles: `${project}/.build/bundle`, project };
}

/** Names of the clusters that there are, less those on the line. */
export const clusterNames: Completer = async ({ env, args }) =>
  readSpec(pathsOf(env).spec)
    .clusters.map(({ name }) => name)
    .filter((name) => !args.includes(name));
