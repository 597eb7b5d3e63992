/** A path to a cluster of a lab that carries less than others; the same on every engine. */
import type { NarrowPath } from "./engine.ts";
import { labStateOf, replaceLabTable, runInLab } from "./lab-table.ts";
import { linkTo } from "./link-faults.ts";

const DEFAULT_MTU = 1_500;
const UDP = 17;

/** In place of what it was. `home` is the folder with the lab's state. */
export async function setPath(home: string, name: string, path: NarrowPath = { mtu: DEFAULT_MTU }): Promise<void> {
  const state = labStateOf(home);
  const link = linkTo(state, name);
  const { mtu, isBlackHole = false } = path;
  await runInLab(state, ["ip", "link", "set", "dev", link, "mtu", `${mtu}`]);
  const fragments = [
    "chain egress {",
    `type filter hook egress device ${link} priority 0`,
    "ip frag-off & 0x3fff != 0 drop",
    "}",
  ];
  await replaceLabTable(state, `netdev black_hole_${link}`, isBlackHole ? fragments : []);
  // The packet complained about is behind eight bytes of the complaint, its protocol in its tenth byte.
  const complaints = [
    "chain output {",
    "type filter hook output priority 0",
    `icmp type destination-unreachable icmp code frag-needed @th,136,8 ${UDP} drop`,
    "}",
  ];
  await replaceLabTable(state, `ip black_hole_${link}`, isBlackHole ? complaints : []);
}
