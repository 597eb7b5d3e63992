/** One cluster without Liqo and the real kubectl on it: for suites about the engine itself. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clusters } from "./clusters.ts";
import { type Background, type CommandOptions, type Outcome, outcome } from "./command.ts";
import { takeSingle } from "./shared-clusters.ts";

const NAME = "milan";

export interface OneCluster extends AsyncDisposable {
  readonly clusters: Clusters;
  readonly kubectl: (...args: readonly string[]) => Promise<string>;
  readonly tryKubectl: (args: readonly string[], options?: CommandOptions) => Promise<Outcome>;
  /** What kubectl says when it refuses: standard error of a run that exits with 1. */
  readonly refusal: (args: readonly string[], options?: CommandOptions) => Promise<string>;
  readonly startKubectl: (...args: readonly string[]) => Background;
  readonly get: <T>(...args: readonly string[]) => Promise<T>;
  /** `kubectl apply -f` of a manifest given as text. */
  readonly apply: (manifest: string, ...args: readonly string[]) => Promise<string>;
  /** Another program with this cluster's kubeconfig: helm, script. */
  readonly run: (program: string, args: readonly string[], options?: CommandOptions) => Promise<Outcome>;
  /** A file in a folder that goes with the cluster; gives its path. */
  readonly file: (name: string, content: string) => string;
}

export async function takeCluster(): Promise<OneCluster> {
  const clusters = await takeSingle();
  const folder = mkdtempSync(join(tmpdir(), "liqo-e2e-files-"));
  const tryKubectl: OneCluster["tryKubectl"] = (args, options) => clusters.tryKubectl(NAME, args, options);
  const file: OneCluster["file"] = (name, content) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  return {
    clusters,
    tryKubectl,
    file,
    kubectl: (...args) => clusters.kubectl(NAME, ...args),
    startKubectl: (...args) => clusters.startKubectl(NAME, ...args),
    get: (...args) => clusters.get(NAME, ...args),
    refusal: async (args, options) => {
      const { code, stdout, stderr } = await tryKubectl(args, options);
      if (code !== 1) throw new Error(`kubectl ${args.join(" ")} exited with ${code}, not with 1\n${stdout}${stderr}`);
      return stderr;
    },
    apply: (manifest, ...args) => clusters.kubectl(NAME, "apply", "-f", file("manifest.yaml", manifest), ...args),
    run: (program, args, options) =>
      outcome(program, args, { ...options, env: { ...clusters.engine.env, ...options?.env } }),
    [Symbol.asyncDispose]: async () => {
      rmSync(folder, { recursive: true, force: true });
      await clusters[Symbol.asyncDispose]();
    },
  };
}
