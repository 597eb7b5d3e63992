/** A NAT between the clusters of a lab; the same on every engine. */
import type { PortMap } from "./engine.ts";
import { labStateOf, replaceLabTable, runInLab } from "./lab-table.ts";

/** In place of all there were. `home` is the folder with the lab's state. */
export async function setPortMaps(home: string, maps: readonly PortMap[]): Promise<void> {
  const state = labStateOf(home);
  await replaceLabTable(state, "ip port_maps", [
    "chain prerouting {",
    "type nat hook prerouting priority dstnat",
    ...maps.map(rule),
    "}",
    "chain postrouting {",
    "type nat hook postrouting priority srcnat",
    "meta l4proto udp ct status dnat masquerade random",
    "}",
  ]);
  // Known flows would go on as before.
  await runInLab(state, ["conntrack", "-F"]);
}

function rule({ outside, inside }: PortMap): string {
  const [address, port] = outside.split(":");
  return `ip daddr ${address} udp dport ${port} dnat to ${inside}`;
}
