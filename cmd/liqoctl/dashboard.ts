/** What `liqoctl dashboard` does not find out by itself: the playground, the browser, where state is kept. */
import { spawn } from "node:child_process";
import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { CommandEnvironment } from "#cli/command/environment.ts";
import type { Around } from "#cli/commands/dashboard/dashboard.ts";
import type { Lab } from "#dashboard/server/actions/lab.ts";
import { cutLink, healLink } from "#playground/lab/links.ts";
import { setStopped, waitAtRest, waitReady } from "#playground/supervisor/commands.ts";
import { readSpec } from "#playground/supervisor/spec.ts";
import { pathsOf, programsOf, READY_TIMEOUT_MS } from "./playground/place.ts";
import { STOP_TIMEOUT_MS } from "./playground/power.ts";

export const around: Around = {
  labOf,
  pageOf: ({ project }) => join(project, ".build/bundle/dashboard"),
  stateHome: process.env["XDG_STATE_HOME"] || join(homedir(), ".local/state"),
  browse: (url) => {
    const child = spawn("xdg-open", [url], { stdio: "ignore", detached: true });
    // Whoever has none opens the address that was printed.
    child.on("error", () => undefined);
    child.unref();
  },
};

function labOf(env: CommandEnvironment, kubeconfig: string, contexts: readonly string[]): Lab | undefined {
  const paths = pathsOf(env);
  const { playgroundHome: home } = env;
  if (realPath(kubeconfig) !== realPath(paths.kubeconfig)) return undefined;
  const known = readSpec(paths.spec).clusters.map(({ name }) => name);
  if (!contexts.every((name) => known.includes(name))) return undefined;
  return {
    cut: (ctx, one, other) => cutLink(ctx, home, one, other),
    heal: (ctx, one, other) => healLink(ctx, home, one, other),
    stop: async (ctx, name) => {
      await setStopped(paths, programsOf(env), [name], true);
      await waitAtRest(ctx, paths, name, STOP_TIMEOUT_MS);
    },
    start: async (ctx, name) => {
      await setStopped(paths, programsOf(env), [name], false);
      await waitReady(ctx, paths, name, READY_TIMEOUT_MS);
    },
  };
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    // There is none.
    return undefined;
  }
}
