/** A node whose cable is pulled: nothing reaches it, nothing leaves it, and all on it goes on. The same on every engine of a lab. */
import { run } from "#base/run.ts";

const TABLE = "netdev node_cut";
const UPLINK = "eth0";

/** `netns`: that of the node. ARP included, so that nobody takes it for one that only refuses. */
export async function setNodeCut(netns: string, isCut: boolean): Promise<void> {
  const drop = (hook: "ingress" | "egress"): string[] => [
    `chain ${hook} {`,
    `type filter hook ${hook} device ${UPLINK} priority 0`,
    "policy drop",
    "}",
  ];
  const table = isCut ? [`table ${TABLE} {`, ...drop("ingress"), ...drop("egress"), "}"] : [];
  const input = [`table ${TABLE} {}`, `delete table ${TABLE}`, ...table, ""].join("\n");
  await run("ip", ["netns", "exec", netns, "nft", "-f", "-"], { input, timeoutMs: 10_000 });
}
