import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { FirewallChain, FirewallTable } from "#api/networking/firewallconfiguration.ts";
import { renderAll, splitTables } from "./firewall.ts";
import { FirewallError, renderTable } from "./render.ts";

function table(chain: Partial<FirewallChain>, family: FirewallTable["family"] = "IPV4"): FirewallTable {
  const base = { name: "c", hook: "postrouting", type: "nat", policy: "accept", priority: 99, rules: {} } as const;
  return { name: "t", family, chains: [{ ...base, ...chain } as FirewallChain] };
}

/** The rules of the only chain. */
function rulesOf(chain: Partial<FirewallChain>, family?: FirewallTable["family"]): string[] {
  return renderTable(table(chain, family))
    .split("\n")
    .filter((line) => line.startsWith("    ") && !line.includes("policy"))
    .map((line) => line.trim());
}

describe("renderTable", () => {
  it("replaces the whole table in one transaction", () => {
    const text = renderTable({ name: "remap-podcidr", family: "IPV4", chains: [] });
    assert.equal(
      text,
      'add table ip remap-podcidr\ndelete table ip remap-podcidr\ntable ip remap-podcidr {\n  comment "liqo.io"\n}\n',
    );
  });

  it("renders the recorded masquerade bypass", () => {
    const to = { ip: { position: "dst", value: "10.245.0.0/16" }, op: "eq" } as const;
    const from = { position: "src", value: "10.244.0.0/16" } as const;
    const natRules = [
      {
        match: [to, { ip: from, op: "eq" as const }],
        name: "podcidr-cluster-b",
        natType: "snat" as const,
        to: "10.244.0.0/16",
      },
      {
        match: [to, { ip: from, op: "neq" as const }],
        name: "service-nodeport",
        natType: "snat" as const,
        to: "10.70.0.0",
      },
    ];
    assert.deepEqual(rulesOf({ rules: { natRules } }), [
      'ip daddr 10.245.0.0/16 ip saddr 10.244.0.0/16 snat ip prefix to 10.244.0.0/16 comment "podcidr-cluster-b"',
      'ip daddr 10.245.0.0/16 ip saddr != 10.244.0.0/16 snat to 10.70.0.0 comment "service-nodeport"',
    ]);
  });

  it("renders the recorded remap of what leaves through the tunnel", () => {
    const natRules = [
      {
        match: [
          { ip: { position: "dst" as const, value: "10.71.0.0/16" }, op: "eq" as const },
          { dev: { position: "in" as const, value: "eth0" }, op: "neq" as const },
          { dev: { position: "in" as const, value: "liqo-tunnel" }, op: "neq" as const },
        ],
        natType: "dnat" as const,
        to: "10.70.0.0/16",
      },
    ];
    assert.deepEqual(rulesOf({ hook: "prerouting", priority: -100, rules: { natRules } }), [
      'ip daddr 10.71.0.0/16 iifname != "eth0" iifname != "liqo-tunnel*" dnat ip prefix to 10.70.0.0/16',
      'ct state invalid meta l4proto tcp ip daddr 10.71.0.0/16 iifname != "eth0" iifname != "liqo-tunnel*" ip daddr set ip daddr & 0.0.255.255 | 10.70.0.0',
    ]);
  });

  for (const [action, value, expected] of [
    ["ctmark", "1", "ct mark set 1"],
    ["metamarkfromctmark", undefined, "meta mark set ct mark"],
    ["tcpmssclamp", "0", "tcp flags syn tcp option maxseg size set rt mtu"],
    ["tcpmssclamp", "1300", "tcp flags syn tcp option maxseg size set 1300"],
    ["accept", undefined, "accept"],
    ["drop", undefined, "drop"],
    ["reject", undefined, "reject"],
    ["notrack", undefined, "notrack"],
  ] as const) {
    it(`renders ${action} ${value ?? ""}`, () => {
      const rule = { action, counter: false, match: [], ...(value !== undefined && { value }) };
      assert.deepEqual(rulesOf({ type: "filter", rules: { filterRules: [rule] } }), [expected]);
    });
  }

  it("counts before it acts, and clamps only TCP that opens", () => {
    const match = [
      { dev: { position: "out" as const, value: "liqo-tunnel" }, op: "eq" as const, proto: { value: "tcp" as const } },
    ];
    const rule = { action: "tcpmssclamp" as const, counter: true, match, name: "mss-clamping-out", value: "0" };
    assert.deepEqual(rulesOf({ type: "filter", hook: "forward", rules: { filterRules: [rule] } }), [
      'oifname "liqo-tunnel*" meta l4proto tcp tcp flags syn counter tcp option maxseg size set rt mtu comment "mss-clamping-out"',
    ]);
  });

  for (const [what, match, expected] of [
    ["a range", { op: "neq", ip: { position: "src", value: "10.0.0.1-10.0.0.9" } }, "ip saddr != 10.0.0.1-10.0.0.9"],
    [
      "a port of a protocol",
      { op: "neq", port: { position: "dst", value: "80-90" }, proto: { value: "udp" } },
      "meta l4proto udp th dport != 80-90",
    ],
    [
      "a port of any protocol",
      { op: "eq", port: { position: "src", value: "53" } },
      "meta l4proto { tcp, udp } th sport 53",
    ],
    ["another protocol", { op: "neq", proto: { value: "tcp" } }, "meta l4proto != tcp"],
  ] as const) {
    it(`matches ${what}`, () => {
      const natRules = [{ match: [match], natType: "masquerade" as const }];
      assert.deepEqual(rulesOf({ rules: { natRules } }), [`${expected} masquerade`]);
    });
  }

  it("names the address family where the table has several", () => {
    const natRules = [{ match: [], natType: "dnat" as const, to: "10.0.0.1" }];
    assert.deepEqual(rulesOf({ rules: { natRules } }, "INET"), ["dnat ip to 10.0.0.1"]);
  });

  it("puts an underscore before a name that begins with a digit, which nft cannot read", () => {
    assert.match(renderTable({ name: "1st-remap", family: "IPV4", chains: [] }), /^add table ip _1st-remap\n/);
  });

  for (const [what, chain, message] of [
    [
      "text in an address",
      { rules: { natRules: [{ match: [], natType: "snat", to: "1.2.3.4; flush ruleset" }] } },
      /natRules\[0\]\.to/,
    ],
    [
      "a quote in an interface",
      {
        rules: {
          filterRules: [
            { action: "drop", counter: false, match: [{ op: "eq", dev: { position: "in", value: '" drop' } }] },
          ],
        },
      },
      /interface name/,
    ],
    [
      "a mark that is no number",
      { rules: { filterRules: [{ action: "ctmark", counter: false, match: [], value: "x" }] } },
      /"x" must be a number for ctmark/,
    ],
    [
      "a port out of range",
      {
        rules: {
          natRules: [{ match: [{ op: "eq", port: { position: "dst", value: "70000" } }], natType: "masquerade" }],
        },
      },
      /must be a port/,
    ],
    ["rules without content", { rules: { routeRules: [{ name: "x" }] } }, /routeRules/],
    ["a name with a brace", { name: "x {" }, /no name for an nftables/],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => renderTable(table(chain as Partial<FirewallChain>)),
        (error) => {
          assert.ok(error instanceof FirewallError);
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }
});

describe("renderAll", () => {
  it("gives a table wanted by two objects to the first and tells the second", () => {
    const spec = { table: { name: "t", family: "IPV4" as const, chains: [] } };
    const { wanted, errors } = renderAll([
      { metadata: { namespace: "b", name: "y" }, spec },
      { metadata: { namespace: "a", name: "x" }, spec },
    ]);
    assert.equal(wanted.get("ip t")?.owner, "a/x");
    assert.match(errors.get("b/y") ?? "", /belongs to FirewallConfiguration a\/x/);
  });
});

describe("splitTables", () => {
  it("cuts a listing at each table", () => {
    const text = "table ip a {\n\tchain x {\n\t}\n}\ntable inet b {\n}\n";
    assert.deepEqual([...splitTables(text).keys()], ["ip a", "inet b"]);
  });
});
