/** A table of nftables in the namespace that joins the clusters of a lab; the same on every engine. */
import { run } from "#base/run.ts";
import { labNamespace } from "#playground/lab/addressing.ts";
import { findLabState } from "#playground/lab/state.ts";

type LabState = NonNullable<ReturnType<typeof findLabState>>;

export function labStateOf(home: string): LabState {
  const state = findLabState(home);
  if (state === undefined) throw new Error(`there is no lab in ${home}`);
  return state;
}

/** `args` are a command and what follows it. */
export async function runInLab(state: LabState, args: readonly string[], input?: string): Promise<void> {
  await run("ip", ["netns", "exec", labNamespace(state.name), ...args], input === undefined ? {} : { input });
}

/** The table with these chains, in place of what it was. */
export function replaceLabTable(state: LabState, table: string, chains: readonly string[]): Promise<void> {
  const lines = [`table ${table} {}`, `delete table ${table}`, `table ${table} {`, ...chains, "}"];
  return runInLab(state, ["nft", "-f", "-"], `${lines.join("\n")}\n`);
}
