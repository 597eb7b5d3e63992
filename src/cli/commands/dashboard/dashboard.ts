/** `liqoctl dashboard`: what is where, in a browser. Not upstream's. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Context, sleep } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import type { Lab } from "#dashboard/server/actions/lab.ts";
import { completeKubeconfig } from "../../command/candidates.ts";
import { type Command, command } from "../../command/command.ts";
import type { CommandEnvironment, Environment } from "../../command/environment.ts";
import type { FlagValues } from "../../command/flag.ts";
import { flag, number } from "../../command/flag.ts";
import { liqoNamespaceFlag } from "../../command/flag-groups.ts";
import { CliError } from "../../errors.ts";
import { chooseClusters, type Looked } from "./clusters.ts";

/** What only the program knows. */
export interface Around {
  /** Where the clusters of that kubeconfig are a playground's, all of them. */
  readonly labOf: (env: CommandEnvironment, kubeconfig: string, contexts: readonly string[]) => Lab | undefined;
  /** The folder of the page. */
  readonly pageOf: (env: CommandEnvironment) => string;
  /** $XDG_STATE_HOME */
  readonly stateHome: string;
  /** Opens an address in a browser; nobody waits for it. */
  readonly browse: (url: string) => void;
}

const flags = {
  kubeconfig: flag.string("kubeconfig (default: $KUBECONFIG or ~/.kube/config)", "path", { complete: "files" }),
  context: flag.repeated(
    "context to look at; may be repeated (default: the current one, and the contexts of its peers)",
    "name",
    { complete: completeKubeconfig("contexts", "local") },
  ),
  ...liqoNamespaceFlag,
  address: flag.string("address to listen on; the connection is not encrypted", "address", { initial: "127.0.0.1" }),
  port: flag.of("port to listen on; 0: any that is free", "port", number, 0),
  allowedHost: flag.repeated("name by which browsers ask, as host or host:port; may be repeated", "name"),
  noOpen: flag.boolean("do not open it in the browser"),
  actions: flag.boolean("let the page change what there is; on in a playground"),
  shell: flag.boolean("let the page open shells in pods, as kubectl exec does; on in a playground"),
  readOnly: flag.boolean("let the page change nothing and open no shell, in a playground either"),
  history: flag.string("file that remembers the last hour; `none` keeps nothing", "path", { complete: "files" }),
  from: flag.string(
    "show an archive of `liqoctl support` in place of clusters; no shell, and nothing can be changed",
    "path",
    {
      complete: "files",
    },
  ),
  behindProxy: flag.boolean(
    "somebody in front of it says who may look: no token, no shell, and nothing can be changed",
  ),
};

const LOOK_MS = 1_000;

type Given = FlagValues<typeof flags>;

export function dashboardCommand(around: Around): Command {
  return command({
    path: ["dashboard"],
    summary: "Show clusters, peerings and pods in a browser, as they are and as they were.",
    description:
      "Serves a page on this machine until it is ended. The address that it prints lets one browser in, once: what is asked of the clusters is asked by this process, and no credentials go to the browser. It may change nothing and open no shell in a pod, unless --actions and --shell say so or all clusters are a playground's. Shells are for browsers of this machine: there are none with --behind-proxy, with an --address of other machines, with --from, and in what dashboard.enabled of the chart runs.",
    examples: [
      "liqoctl dashboard",
      "liqoctl dashboard --from liqo-support-milan-20261130-120000.tar.gz",
      "liqoctl dashboard --context milan --context rome --port 8080 --no-open",
      "liqoctl dashboard --actions --shell",
    ],
    flags,
    async run(ctx, env, { flags: given }) {
      check(given);
      await serve(ctx, env, around, given);
    },
  });
}

function check({ behindProxy, actions, shell, address, allowedHost, readOnly, from, context }: Given): void {
  const may = actions ? "--actions" : shell ? "--shell" : undefined;
  if (behindProxy && may !== undefined)
    throw new CliError(`--behind-proxy and ${may} exclude each other`, {
      hint: "whoever gets through the proxy would act as this process",
    });
  if (may !== undefined && readOnly) throw new CliError(`${may} and --read-only exclude each other`);
  if (behindProxy && allowedHost.length === 0)
    throw new CliError("--behind-proxy needs --allowed-host", { hint: "name the host under which browsers see it" });
  if (from !== undefined && (may !== undefined || context.length > 0))
    throw new CliError(`--from and ${may ?? "--context"} exclude each other`, {
      hint: "an archive is all that is looked at, and stays as it is",
    });
  if (address === "") throw new CliError("--address must name an address");
  if (shell && !isLoopback(address))
    throw new CliError(`--shell and --address ${address} exclude each other`, {
      hint: "what is typed would not be encrypted on its way: listen on 127.0.0.1, and use ssh -L",
    });
}

/** Where nobody of another machine gets to. */
function isLoopback(address: string): boolean {
  return address === "localhost" || address === "::1" || /^127(\.\d{1,3}){3}$/.test(address);
}

async function serve(ctx: Context, env: Environment, around: Around, given: Given): Promise<void> {
  const kubeconfig = given.kubeconfig ?? env.defaultKubeconfig;
  const { from } = given;
  await using opened = new AsyncDisposableStack();
  const clusters =
    from === undefined ? await chooseLive(ctx, kubeconfig, given) : await openArchive(opened, from, given);
  for (const { access } of clusters) opened.use(access);
  const names = clusters.map(({ name }) => name);
  const lab = from === undefined ? around.labOf(env, kubeconfig, names) : undefined;
  const mayMore = from === undefined && !given.behindProxy && !given.readOnly;
  const mayAct = mayMore && (given.actions || lab !== undefined);
  const shell = mayMore && (given.shell || (lab !== undefined && isLoopback(given.address)));
  // Loaded here alone: no other verb has to wait for it.
  const { startDashboard } = await import("#dashboard/server/dashboard.ts");
  const { readStaticFiles } = await import("#dashboard/server/http/static.ts");
  const dashboard = opened.use(
    await startDashboard(ctx, {
      ...{ clusters, address: given.address, port: given.port, allowedHosts: given.allowedHost },
      usesToken: !given.behindProxy,
      files: readStaticFiles(around.pageOf(env)),
      actions: mayAct ? { lab } : undefined,
      shell,
      historyFile: historyFile(env, around, given, { isLab: lab !== undefined, kubeconfig, names }),
    }),
  );
  env.printer.print(`The dashboard of ${names.join(", ")} is at ${dashboard.url}`);
  if (dashboard.historyProblem !== undefined)
    env.printer.warning("local", `history ends with this process: ${dashboard.historyProblem}`);
  if (!given.noOpen && env.isAnswered) around.browse(dashboard.url);
  // A playground that was deleted has nothing to show any more.
  do await sleep(ctx, LOOK_MS);
  while (!ctx.signal.aborted && (lab === undefined || existsSync(kubeconfig)));
}

function chooseLive(ctx: Context, kubeconfig: string, { liqoNamespace, context: contexts }: Given): Promise<Looked[]> {
  return chooseClusters(ctx, { kubeconfig, liqoNamespace, contexts });
}

/** As they were when it was made. */
async function openArchive(opened: AsyncDisposableStack, path: string, { liqoNamespace }: Given): Promise<Looked[]> {
  const { unpackArchive } = await import("../../support/archive.ts");
  const { serveArchive } = await import("../../support/served.ts");
  const served = await serveArchive(await unpackArchive(path, await readArchive(path)), liqoNamespace);
  for (const each of served) opened.use(each);
  return served;
}

async function readArchive(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new CliError(`--from ${path}: ${messageOf(cause)}`, { cause, hint: "give a file of `liqoctl support`" });
  }
}

/** One for each choice of clusters: what another one has seen would be missing here. */
function historyFile(
  { playgroundHome }: CommandEnvironment,
  { stateHome }: Around,
  { history, from }: Given,
  seen: { readonly isLab: boolean; readonly kubeconfig: string; readonly names: readonly string[] },
): string | undefined {
  if (history === "none" || (from !== undefined && history === undefined)) return undefined;
  if (history !== undefined) return history;
  const place = JSON.stringify([seen.kubeconfig, [...seen.names].sort()]);
  const name = `dashboard-${createHash("sha256").update(place).digest("hex").slice(0, 12)}.sqlite`;
  return seen.isLab ? join(playgroundHome, name) : join(stateHome, "liqo", name);
}
