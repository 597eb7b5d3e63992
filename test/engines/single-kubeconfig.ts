/** A kubeconfig of one context of another one, files inlined, for programs that take no context. */
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "#base/run.ts";
import type { Kubeconfig } from "#pki/kubeconfig.ts";

const TIMEOUT_MS = 30_000;

/** Default: its current context. */
export async function readSingleKubeconfig(path: string, context?: string): Promise<Kubeconfig> {
  const flags = ["config", "view", "--raw", "--flatten", "--minify", "-o", "json"];
  const chosen = context === undefined ? [] : ["--context", context];
  const { stdout } = await run("kubectl", [...chosen, ...flags], { env: { KUBECONFIG: path }, timeoutMs: TIMEOUT_MS });
  return JSON.parse(stdout) as Kubeconfig;
}

/** Beside the common one, as `<context>.kubeconfig`; gives its path. */
export async function writeSingleKubeconfig(path: string, context: string): Promise<string> {
  const single = join(dirname(path), `${context}.kubeconfig`);
  writeFileSync(single, JSON.stringify(await readSingleKubeconfig(path, context)), { mode: 0o600 });
  return single;
}
