/**
 * Makes this host's nftables tables equal to FirewallConfigurations, one transaction per table.
 * Drift is found by comparing `nft list` with what it printed right after the table was applied.
 * Upstream: pkg/firewall/firewallconfiguration_controller.go
 */
import type { FirewallConfiguration } from "#api/networking/firewallconfiguration.ts";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { formatKey, keyOf } from "#machinery/meta.ts";
import type { Applier } from "../configurations/agent.ts";
import type { Tools } from "../system/tools.ts";
import { OWNER, renderTable, tableAddress } from "./render.ts";

interface AppliedTable {
  readonly text: string;
  /** Without counters, so that traffic is no drift. */
  readonly listing: string;
}

const RETRY_MS = 5_000;
const LIST = ["nft", "-n", "-s", "list"];
// Beyond this one listing of everything is cheaper than a process per table.
const MANY_TABLES = 16;

export interface FirewallOptions {
  /** Whether tables that others changed or flushed are restored; a missing table always is. Default true. */
  readonly restoresDrift?: boolean;
}

export function firewallApplier(tools: Tools, options: FirewallOptions = {}): Applier<FirewallConfiguration> {
  const applied = new Map<string, AppliedTable>();
  // Tables in the kernel that are ours; read from there once, because a former life of this process may have left some.
  let owned: Set<string> | undefined;
  return {
    name: "firewall",
    async apply(ctx, configurations) {
      owned ??= await listOwnedTables(ctx, tools);
      const present = await listTables(ctx, tools);
      const { wanted, errors } = renderAll(configurations);
      for (const address of [...owned].filter((each) => !wanted.has(each))) {
        if (present.has(address)) await tools.run(ctx, ["nft", "delete", "table", ...address.split(" ")]);
        owned.delete(address);
        applied.delete(address);
      }
      const known = [...wanted.keys()].filter((address) => present.has(address) && applied.has(address));
      const listings = options.restoresDrift === false ? undefined : await readTables(ctx, tools, known);
      const written = new Map<string, string>();
      for (const [address, { text, owner }] of wanted) {
        const last = present.has(address) ? applied.get(address) : undefined;
        if (last?.text === text && (listings === undefined || listings.get(address) === last.listing)) continue;
        try {
          await tools.run(ctx, ["nft", "-f", "-"], text);
          owned.add(address);
          written.set(address, text);
        } catch (error) {
          applied.delete(address);
          errors.set(owner, messageOf(error));
        }
      }
      const results = await readTables(ctx, tools, [...written.keys()]);
      for (const [address, text] of written) applied.set(address, { text, listing: results.get(address) ?? "" });
      return { errors, ...(errors.size > 0 && { retryAfterMs: RETRY_MS }) };
    },
  };
}

interface WantedTable {
  readonly text: string;
  readonly owner: string;
}

/** Two objects with one table: the first by key has it, the other is told so. */
export function renderAll(configurations: readonly FirewallConfiguration[]): {
  wanted: Map<string, WantedTable>;
  errors: Map<string, string>;
} {
  const wanted = new Map<string, WantedTable>();
  const errors = new Map<string, string>();
  const keyed = configurations.map((each) => ({ owner: formatKey(keyOf(each)), table: each.spec?.table }));
  for (const { owner, table } of keyed.sort((a, b) => (a.owner < b.owner ? -1 : 1))) {
    if (table === undefined) continue;
    try {
      const address = tableAddress(table);
      const holder = wanted.get(address)?.owner;
      if (holder === undefined) wanted.set(address, { text: renderTable(table), owner });
      else errors.set(owner, `spec.table.name: table ${address} belongs to FirewallConfiguration ${holder}`);
    } catch (error) {
      errors.set(owner, messageOf(error));
    }
  }
  return { wanted, errors };
}

/**
 * The content of tables without counters. One script with several `list table` would do, but nft 1.0.6 then fills its
 * cache for one of them only and denies that the others exist.
 */
async function readTables(ctx: Context, tools: Tools, addresses: readonly string[]): Promise<Map<string, string>> {
  if (addresses.length > MANY_TABLES) return splitTables(await tools.run(ctx, [...LIST, "ruleset"]));
  const texts = await Promise.all(
    // One that vanishes meanwhile is found missing in the next pass.
    addresses.map((address) => tools.run(ctx, [...LIST, "table", ...address.split(" ")]).catch(() => "")),
  );
  return splitTables(texts.join(""));
}

export function splitTables(text: string): Map<string, string> {
  const parts = text.split(/^(?=table )/m).filter((part) => part.startsWith("table "));
  return new Map(parts.map((part) => [part.slice("table ".length, part.indexOf(" {")), part]));
}

async function listTables(ctx: Context, tools: Tools): Promise<Set<string>> {
  const text = await tools.run(ctx, ["nft", "list", "tables"]);
  return new Set(text.split("\n").flatMap((line) => (line.startsWith("table ") ? [line.slice("table ".length)] : [])));
}

async function listOwnedTables(ctx: Context, tools: Tools): Promise<Set<string>> {
  return parseOwnedTables(await tools.run(ctx, ["nft", "-t", "list", "ruleset"]));
}

/** nft 1.0.6 leaves table comments out of its JSON, so the text is read. */
export function parseOwnedTables(ruleset: string): Set<string> {
  const owned = new Set<string>();
  let current = "";
  for (const line of ruleset.split("\n")) {
    current = /^table (\S+ \S+) \{/.exec(line)?.[1] ?? current;
    if (line === `\tcomment "${OWNER}"`) owned.add(current);
  }
  return owned;
}
