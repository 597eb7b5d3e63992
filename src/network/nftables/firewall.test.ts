import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { FirewallConfiguration } from "#api/networking/firewallconfiguration.ts";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { type FakeMachine, failed, fakeMachine } from "../testing/fake-machine.ts";
import { fakeNft } from "../testing/fake-nft.ts";
import { type FirewallOptions, firewallApplier, renderAll, splitTables } from "./firewall.ts";
import { OWNER } from "./render.ts";

const ctx: Context = { signal: new AbortController().signal, log: silentLogger };
const OURS = `\tcomment "${OWNER}"\n`;

let machine: FakeMachine;
let tables: Map<string, string>;

describe("the firewall", () => {
  beforeEach(() => {
    machine = fakeMachine();
    tables = fakeNft(machine);
  });
  afterEach(() => machine[Symbol.dispose]());

  function configuration(name: string, chain = "c", table = name): FirewallConfiguration {
    const rules = { filterRules: [] };
    return {
      metadata: { namespace: "liqo", name },
      spec: {
        table: {
          name: table,
          family: "IPV4",
          chains: [{ name: chain, hook: "forward", policy: "accept", priority: 0, type: "filter", rules }],
        },
      },
    };
  }

  /** An applier, and how many tables each of its passes writes. */
  function applier(options: FirewallOptions = {}) {
    const { apply } = firewallApplier(machine.tools, options);
    return async (...configurations: readonly FirewallConfiguration[]) => {
      const before = machine.calls.length;
      const { errors, retryAfterMs } = await apply(ctx, configurations);
      const written = machine.calls.slice(before).filter(({ command }) => command === "nft -f -").length;
      return { errors: Object.fromEntries(errors), retryAfterMs, written };
    };
  }
  const done = (written: number) => ({ errors: {}, retryAfterMs: undefined, written });

  test("a table is written once, again when its object changes, and removed with it", async () => {
    const apply = applier();
    assert.deepEqual(await apply(configuration("a")), done(1));
    assert.match(tables.get("ip a") ?? "", /chain c /);
    assert.deepEqual(await apply(configuration("a")), done(0));
    assert.deepEqual(await apply(configuration("a", "other")), done(1));
    assert.match(tables.get("ip a") ?? "", /chain other /);
    assert.deepEqual(await apply(), done(0));
    assert.deepEqual([...tables.keys()], []);
    assert.deepEqual(await apply(configuration("a", "other")), done(1));
  });

  test("tables of a former life are removed or written anew, those of others are left alone", async () => {
    tables.set("ip stale", OURS).set("ip a", OURS).set("ip kube-proxy", "\tchain x {\n\t}\n");
    assert.deepEqual(await applier()(configuration("a")), done(1));
    assert.deepEqual([...tables.keys()].sort(), ["ip a", "ip kube-proxy"]);
    assert.match(tables.get("ip a") ?? "", /chain c /);
  });

  test("a table that somebody flushed or deleted is restored, and one that somebody deleted is not deleted again", async () => {
    const apply = applier();
    await apply(configuration("a"), configuration("b"));
    tables.set("ip a", OURS);
    tables.delete("ip b");
    assert.deepEqual(await apply(configuration("a"), configuration("b")), done(2));
    assert.match(tables.get("ip a") ?? "", /chain c /);
    tables.delete("ip a");
    assert.deepEqual(await apply(configuration("b")), done(0));
    assert.ok(!machine.calls.some(({ command }) => command.startsWith("nft delete")));
  });

  test("when drift is not to be restored a flushed table stays so, a missing one comes back", async () => {
    const apply = applier({ restoresDrift: false });
    await apply(configuration("a"), configuration("b"));
    tables.set("ip a", OURS);
    tables.delete("ip b");
    assert.deepEqual(await apply(configuration("a"), configuration("b")), done(1));
    assert.equal(tables.get("ip a"), OURS);
    assert.ok(tables.has("ip b"));
  });

  for (const restoresDrift of [true, false])
    test(`a table that others make under a name that was ours is theirs; restoring drift: ${restoresDrift}`, async () => {
      const apply = applier({ restoresDrift });
      await apply(configuration("a"));
      await apply();
      tables.set("ip a", "\tchain theirs {\n\t}\n");
      assert.deepEqual(await apply(), done(0));
      assert.ok(tables.has("ip a"));
      assert.deepEqual(await apply(configuration("a")), done(1));
    });

  test("a table that nft refuses is its object's error; it is tried again, and the others are applied", async () => {
    const accept = machine.answers["nft -f -"];
    machine.answers["nft -f -"] = (command, input) =>
      input.includes("table ip a")
        ? failed("Error: syntax error\n")
        : typeof accept === "function"
          ? accept(command, input)
          : "";
    const apply = applier();
    assert.deepEqual(await apply(configuration("a"), configuration("b")), {
      errors: { "liqo/a": "tool exited with 1: Error: syntax error" },
      retryAfterMs: 5_000,
      written: 2,
    });
    assert.deepEqual([...tables.keys()], ["ip b"]);
    if (accept !== undefined) machine.answers["nft -f -"] = accept;
    assert.deepEqual(await apply(configuration("a"), configuration("b")), done(1));
    assert.deepEqual([...tables.keys()].sort(), ["ip a", "ip b"]);
  });

  test("a table that was there before nft refused its change is written when it may be", async () => {
    const apply = applier();
    await apply(configuration("a"));
    const accept = machine.answers["nft -f -"] ?? "";
    machine.answers["nft -f -"] = failed("Error: busy\n");
    assert.equal((await apply(configuration("a", "other"))).retryAfterMs, 5_000);
    machine.answers["nft -f -"] = accept;
    // What nft refused may have been half of it: even the former text is written again.
    assert.deepEqual(await apply(configuration("a")), done(1));
  });

  test("a table that vanishes while it is looked at is written in the next pass", async () => {
    const apply = applier();
    const list = machine.answers["nft -n -s list"] ?? "";
    machine.answers["nft -n -s list"] = failed("Error: No such file or directory\n");
    await apply(configuration("a"));
    machine.answers["nft -n -s list"] = list;
    assert.deepEqual(await apply(configuration("a")), done(1));
    assert.deepEqual(await apply(configuration("a")), done(0));
  });

  test("many tables are looked at in one listing", async () => {
    const apply = applier();
    const all = Array.from({ length: 17 }, (_, at) => configuration(`t${at}`));
    await apply(...all);
    const before = machine.calls.length;
    assert.deepEqual(await apply(...all), done(0));
    const listings = machine.calls.slice(before).filter(({ command }) => command.startsWith("nft -n -s list"));
    assert.deepEqual(
      listings.map(({ command }) => command),
      ["nft -n -s list ruleset"],
    );
    tables.set("ip t3", OURS);
    assert.deepEqual(await apply(...all), done(1));
    assert.deepEqual(await apply(...all.slice(1)), done(0));
    assert.equal(machine.calls.filter(({ command }) => command === "nft -n -s list table ip t5").length, 1);
  });

  test("nothing is removed while the kernel does not say what there is", async () => {
    tables.set("ip stale", OURS);
    const tell = machine.answers["nft list tables"] ?? "";
    machine.answers["nft list tables"] = failed("netlink: Error: cache initialization failed");
    const apply = applier();
    await assert.rejects(apply(), { name: "RunError" });
    assert.ok(tables.has("ip stale"));
    machine.answers["nft list tables"] = tell;
    await apply();
    assert.ok(!tables.has("ip stale"));
  });

  test("of two objects with one table the first by name has it, the other is told so", () => {
    const { wanted, errors } = renderAll([
      configuration("b", "c", "t"),
      configuration("a", "c", "t"),
      { metadata: { name: "new" } },
    ]);
    assert.deepEqual(
      [...wanted].map(([address, { owner }]) => [address, owner]),
      [["ip t", "liqo/a"]],
    );
    assert.deepEqual(Object.fromEntries(errors), {
      "liqo/b": "spec.table.name: table ip t belongs to FirewallConfiguration liqo/a",
    });
  });

  test("an object that cannot be said in nftables is told so, and the others are wanted", () => {
    const { wanted, errors } = renderAll([configuration("a", "c", "t; flush"), configuration("b")]);
    assert.deepEqual([...wanted.keys()], ["ip b"]);
    assert.match(errors.get("liqo/a") ?? "", /"t; flush" is no name for an nftables table/);
  });

  test("a listing is taken apart by its tables, whatever stands before the first", () => {
    const one = 'table ip a {\n\tcomment "table ip z {"\n}\n';
    const two = "table inet b {\n}\n";
    assert.deepEqual(
      [...splitTables(`# Warning: managed by iptables\n${one}${two}`)],
      [
        ["ip a", one],
        ["inet b", two],
      ],
    );
    assert.deepEqual([...splitTables("")], []);
  });
});
