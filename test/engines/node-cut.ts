/** What is cut off: a node whose cable is pulled, or a pod from its API server alone. The same on every engine of a lab. */
import { run } from "#base/run.ts";

const UPLINK = "eth0";
/** Of the API server's Service, and of the server itself. */
const API_PORTS = "{ 443, 6443 }";

/** Nothing reaches the node of that namespace, nothing leaves it, and all on it goes on. ARP included, so that nobody takes it for one that only refuses. */
export async function setNodeCut(netns: string, isCut: boolean): Promise<void> {
  const drop = (hook: "ingress" | "egress"): string[] => [
    `chain ${hook} {`,
    `type filter hook ${hook} device ${UPLINK} priority 0`,
    "policy drop",
    "}",
  ];
  const chains = isCut ? [...drop("ingress"), ...drop("egress")] : undefined;
  await setTable(["ip", "netns", "exec", netns], "netdev node_cut", chains);
}

/** `pid`: of a process of the pod. */
export async function setApiServerCut(pid: number, isCut: boolean): Promise<void> {
  const drop = (hook: "input" | "output", port: "sport" | "dport"): string[] => [
    `chain ${hook} {`,
    `type filter hook ${hook} priority 0`,
    `tcp ${port} ${API_PORTS} drop`,
    "}",
  ];
  const chains = isCut ? [...drop("input", "sport"), ...drop("output", "dport")] : undefined;
  await setTable(["nsenter", `--net=/proc/${pid}/ns/net`], "inet api_server_cut", chains);
}

/** Without chains there is no table any more. */
async function setTable(
  [program = "", ...args]: readonly string[],
  table: string,
  chains: readonly string[] | undefined,
): Promise<void> {
  const made = chains === undefined ? [] : [`table ${table} {`, ...chains, "}"];
  const input = [`table ${table} {}`, `delete table ${table}`, ...made, ""].join("\n");
  await run(program, [...args, "nft", "-f", "-"], { input, timeoutMs: 10_000 });
}
