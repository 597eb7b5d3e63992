/** What the kernel holds in a node's network namespace, the same on every engine. */
import { run } from "#base/run.ts";

/** Interfaces, routing rules and tables, and nftables tables, a line each, sorted; those of pods left out. */
export async function kernelState(netns: string): Promise<string[]> {
  const inside = async (...command: string[]): Promise<string[]> =>
    (await run("ip", ["netns", "exec", netns, ...command])).stdout.split("\n").map((line) => line.trim());
  const links = (await inside("ip", "-o", "link")).map((line) => line.replace(/^\d+: ([^:@]+).*$/, "$1"));
  const routes = await inside("ip", "route", "show", "table", "all");
  const lines = [...links, ...(await inside("ip", "rule")), ...routes, ...(await inside("nft", "list", "tables"))];
  return lines.filter((line) => line !== "" && !line.includes("veth")).sort();
}

/** Addresses of each TCP connection that the node's kernel takes for established: who asked whom, and as whom it was answered. */
export async function establishedConnections(netns: string): Promise<string[][]> {
  const list = ["conntrack", "-L", "-p", "tcp", "--state", "ESTABLISHED"];
  const { stdout } = await run("ip", ["netns", "exec", netns, ...list]);
  const lines = stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => [...line.matchAll(/(?:src|dst)=(\S+)/g)].flatMap(([, address]) => address ?? []));
}
