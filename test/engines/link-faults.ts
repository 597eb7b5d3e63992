/** Faults of the way between two clusters of a lab, by nftables in the namespace that joins them; the same on every engine. */
import { run } from "#base/run.ts";
import { labNamespace } from "#playground/lab/addressing.ts";
import { findLabState } from "#playground/lab/state.ts";
import { API_PORT } from "#playground/supervisor/cluster-plan.ts";
import type { LinkFault } from "./engine.ts";

const TABLE = "inet link_faults";

/** In place of all faults there were; none heals. `home` is the folder with the lab's state. */
export async function setLinkFaults(home: string, faults: readonly LinkFault[]): Promise<void> {
  const state = findLabState(home);
  if (state === undefined) throw new Error(`set link faults: there is no lab in ${home}`);
  const linkOf = (name: string): string => {
    const cluster = state.clusters.find((each) => each.name === name);
    if (cluster === undefined) throw new Error(`set link faults: the lab has no cluster ${name}`);
    return `c${cluster.index}`;
  };
  const input = [
    `table ${TABLE} {}`,
    `delete table ${TABLE}`,
    `table ${TABLE} {`,
    "chain forward {",
    "type filter hook forward priority -10",
    ...faults.flatMap((fault) => rulesOf(fault, linkOf)),
    "}",
    "}",
  ];
  await run("ip", ["netns", "exec", labNamespace(state.name), "nft", "-f", "-"], { input: `${input.join("\n")}\n` });
}

function rulesOf({ from, to, traffic, dropPercent = 100 }: LinkFault, linkOf: (name: string) => string): string[] {
  const way = `iifname ${linkOf(from)} oifname ${linkOf(to)}`;
  const share = dropPercent === 100 ? "" : `numgen random mod 100 < ${dropPercent} `;
  const kinds = {
    all: [""],
    api: [`tcp dport ${API_PORT} `, `tcp sport ${API_PORT} `],
    tunnel: ["meta l4proto udp "],
  }[traffic];
  return kinds.map((kind) => `${way} ${kind}${share}drop`);
}

/** Both ways. */
export function between(a: string, b: string, traffic: LinkFault["traffic"]): LinkFault[] {
  return [
    { from: a, to: b, traffic },
    { from: b, to: a, traffic },
  ];
}
