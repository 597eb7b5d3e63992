/** `--info`: the CIDRs of each cluster's peers as they are and as they are seen there. Upstream: pkg/liqoctl/test/network/info */
import { type Configuration, configurations } from "#api/networking/configuration.ts";
import type { Context } from "#base/context.ts";
import type { Printer } from "../printer/printer.ts";
import { table } from "../printer/table.ts";
import type { Member } from "./members.ts";

const HEADERS = ["Cluster", "Pod CIDR", "Pod CIDR remap", "External CIDR", "External CIDR remap"];
const NOT_REMAPPED = "N/R";

export async function printInfo(ctx: Context, printer: Printer, members: readonly Member[]): Promise<void> {
  for (const { id, cluster } of members) {
    const { items } = await cluster.client.list(ctx, configurations);
    printer.print(`\nCluster "${id}" configurations\n${table(HEADERS, configurationRows(items))}`);
  }
  printer.print("");
}

export function configurationRows(all: readonly Configuration[]): string[][] {
  const joined = (cidrs: readonly string[] | undefined): string => (cidrs ?? []).join(", ");
  const local = all[0]?.spec?.local?.cidr;
  return [
    ...(local === undefined ? [] : [["local", joined(local.pod), NOT_REMAPPED, joined(local.external), NOT_REMAPPED]]),
    ...all.map(({ metadata, spec, status }) => {
      const [given, seen] = [spec?.remote?.cidr, status?.remote?.cidr];
      return [
        metadata?.name ?? "",
        joined(given?.pod),
        joined(seen?.pod),
        joined(given?.external),
        joined(seen?.external),
      ];
    }),
  ];
}
