/** Faults of the way between two clusters of a lab; the same on every engine. */
import { API_PORT } from "#playground/supervisor/cluster-plan.ts";
import type { LinkFault } from "./engine.ts";
import { labStateOf, replaceLabTable } from "./lab-table.ts";

/** In place of all faults there were; none heals. `home` is the folder with the lab's state. */
export async function setLinkFaults(home: string, faults: readonly LinkFault[]): Promise<void> {
  const state = labStateOf(home);
  const linkOf = (name: string): string => linkTo(state, name);
  await replaceLabTable(state, "inet link_faults", [
    "chain forward {",
    "type filter hook forward priority -10",
    ...faults.flatMap((fault) => rulesOf(fault, linkOf)),
    "}",
  ]);
}

export function linkTo({ clusters }: ReturnType<typeof labStateOf>, name: string): string {
  const cluster = clusters.find((each) => each.name === name);
  if (cluster === undefined) throw new Error(`hurt the link to ${name}: the lab has no such cluster`);
  return `c${cluster.index}`;
}

function rulesOf(
  { from, to, traffic, port, dropPercent = 100 }: LinkFault,
  linkOf: (name: string) => string,
): string[] {
  const way = `iifname ${linkOf(from)} oifname ${linkOf(to)}`;
  const share = dropPercent === 100 ? "" : `numgen random mod 100 < ${dropPercent} `;
  const kinds = {
    all: [""],
    api: [`tcp dport ${API_PORT} `, `tcp sport ${API_PORT} `],
    tunnel: port === undefined ? ["meta l4proto udp "] : [`udp dport ${port} `, `udp sport ${port} `],
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
