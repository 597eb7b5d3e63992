/** A NAT between the clusters of a lab, by nftables in the namespace that joins them; the same on every engine. */
import { run } from "#base/run.ts";
import { labNamespace } from "#playground/lab/addressing.ts";
import { findLabState } from "#playground/lab/state.ts";
import type { PortMap } from "./engine.ts";

const TABLE = "ip port_maps";

/** In place of all there were. `home` is the folder with the lab's state. */
export async function setPortMaps(home: string, maps: readonly PortMap[]): Promise<void> {
  const state = findLabState(home);
  if (state === undefined) throw new Error(`set port maps: there is no lab in ${home}`);
  const input = [
    `table ${TABLE} {}`,
    `delete table ${TABLE}`,
    `table ${TABLE} {`,
    "chain prerouting {",
    "type nat hook prerouting priority dstnat",
    ...maps.map(rule),
    "}",
    "chain postrouting {",
    "type nat hook postrouting priority srcnat",
    "meta l4proto udp ct status dnat masquerade random",
    "}",
    "}",
  ];
  const inside = ["netns", "exec", labNamespace(state.name)];
  await run("ip", [...inside, "nft", "-f", "-"], { input: `${input.join("\n")}\n` });
  // Known flows would go on as before.
  await run("ip", [...inside, "conntrack", "-F"]);
}

function rule({ outside, inside }: PortMap): string {
  const [address, port] = outside.split(":");
  return `ip daddr ${address} udp dport ${port} dnat to ${inside}`;
}
