/** Connection tracking entries of UDP that would keep sending to endpoints that are gone. Kubernetes: pkg/proxy/conntrack/cleanup.go */
import type { Context } from "#base/context.ts";
import { RunError, run } from "#base/run.ts";
import type { ServiceRules } from "./state.ts";

/** Arguments for `conntrack`: entries to delete after the change. UDP only, other protocols notice by themselves. */
export function staleEntries(before: readonly ServiceRules[], after: readonly ServiceRules[]): string[][] {
  const next = new Map(after.map((rules) => [rules.key, rules]));
  return before
    .filter((rules) => rules.protocol === "udp")
    .flatMap((old) => {
      const now = next.get(old.key);
      const present = new Set(backendsOf(now).map(({ ip }) => ip));
      const gone = backendsOf(old).filter(({ ip }) => !present.has(ip));
      const fronts = [...old.clusterIps, ...old.externalIps];
      const deleted = gone.flatMap(({ ip }) =>
        fronts.map((front) => ["-D", "-p", "udp", "--orig-dst", front.ip, "--reply-src", ip]),
      );
      // Entries made while nobody answered lead nowhere.
      const wasEmpty = old.internal.length === 0 && (now?.internal.length ?? 0) > 0;
      const empty = wasEmpty
        ? fronts.map((front) => ["-D", "-p", "udp", "--orig-dst", front.ip, "--orig-port-dst", String(front.port)])
        : [];
      return [...deleted, ...empty];
    });
}

export async function deleteEntries(ctx: Context, entries: readonly string[][]): Promise<void> {
  for (const args of entries) {
    try {
      await run("conntrack", args, { timeoutMs: 10_000, signal: ctx.signal });
    } catch (error) {
      // Exit status 1 with this text means that there was none.
      if (!(error instanceof RunError) || !error.stderr.includes("0 flow entries")) throw error;
    }
  }
}

function backendsOf(rules: ServiceRules | undefined): { ip: string }[] {
  if (rules === undefined) return [];
  return [...rules.internal, ...(rules.external === "drop" ? [] : rules.external)];
}
