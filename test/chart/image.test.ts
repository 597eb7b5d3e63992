/** The Dockerfiles make what the catalogue of images (playground/images) describes: both engines and users run the same. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { PROGRAM as TRACE } from "#cli/trace/session.ts";
import { forgeVkTemplate } from "#forge/virtualnode-objects.ts";
import { template } from "#kit/chart.ts";
import { BOUTIQUE_SERVICES, builtinEntries, LIQO_PROGRAMS } from "#playground/images/builtin.ts";

const PROJECT = join(import.meta.dirname, "../..");
const entries = builtinEntries({ bundles: "/bundles", node: "/node" });

/** Tool → Debian package: what src/network runs. */
const PACKAGES = { ip: "iproute2", nft: "nftables", wg: "wireguard-tools" } as const;

interface Stage {
  /** Instructions of the last stage, with their arguments. */
  readonly lines: readonly string[];
  find(instruction: string): string;
}

function lastStage(file: string): Stage {
  const text = readFileSync(join(PROJECT, file), "utf8").replaceAll("\\\n", " ");
  const lines = text.slice(text.lastIndexOf("\nFROM ")).split("\n");
  return {
    lines,
    find: (instruction) =>
      lines.find((line) => line.startsWith(`${instruction} `))?.slice(instruction.length + 1) ?? "",
  };
}

test("Liqo's image is configured as in the catalogue", () => {
  const { find, lines } = lastStage("deploy/Dockerfile");
  const entry = entries.find(({ names }) => names.includes("ghcr.io/liqo-ts/liqo"));
  assert.deepEqual(JSON.parse(find("ENTRYPOINT")), entry?.entrypoint);
  assert.equal(find("USER"), entry?.user);
  assert.equal(find("WORKDIR"), entry?.workingDir);
  const env = lines.flatMap((line) => (line.startsWith("ENV ") ? [line.slice(4).split("=")] : []));
  assert.deepEqual(Object.fromEntries(env), entry?.env);
});

test("it holds the programs that the chart, virtual nodes and liqoctl run, and no others", async () => {
  const parts = {
    homeClusterId: "milan",
    liqoNamespace: "liqo",
    localPodCidr: "10.244.0.0/16",
    runtimeClass: "liqo",
    storageClass: "liqo",
  };
  const virtualKubelet = forgeVkTemplate({ metadata: { name: "liqo-rome" } }, undefined, parts);
  const text = `${await template({ "dashboard.enabled": "true", "dashboard.allowedHosts[0]": "liqo.example.org" })}${JSON.stringify(virtualKubelet)}${TRACE}`;
  const run = [...text.matchAll(/\/opt\/liqo\/([a-z-]+)\.js/g)].map(([, name]) => name ?? "");
  assert.deepEqual([...new Set(run)].sort(), [...LIQO_PROGRAMS].sort());
  const dockerfile = readFileSync(join(PROJECT, "deploy/Dockerfile"), "utf8");
  const [, copied = ""] = /cp (.+) \/liqo\//.exec(dockerfile) ?? [];
  const patterns = copied
    .split(" ")
    .map((path) => new RegExp(`^${path.replaceAll(".", "\\.").replace("*", "[a-z-]+")}$`));
  for (const name of LIQO_PROGRAMS)
    assert.ok(
      patterns.some((pattern) => pattern.test(`.build/bundle/${name}.js`)),
      name,
    );
});

test("its programs are ASCII: one character beyond Latin-1 doubles what the source of all takes in memory", () => {
  for (const name of LIQO_PROGRAMS)
    assert.doesNotMatch(readFileSync(join(PROJECT, `.build/bundle/${name}.js`), "latin1"), /[\x80-\xff]/, name);
});

test("it installs the tools that gateways and fabric run", () => {
  const { lines } = lastStage("deploy/Dockerfile");
  const [, installed = ""] = /install -y --no-install-recommends ([a-z0-9 -]+?) +&&/.exec(lines.join(" ")) ?? [];
  assert.deepEqual(installed.trim().split(" ").sort(), Object.values(PACKAGES).sort());
  assert.ok(lines.some((line) => line.endsWith("/usr/local/bin/wireguard-go")));
});

test("each image of the shop runs its service, not as root", () => {
  const { find } = lastStage("apps/boutique/Dockerfile");
  assert.equal(find("USER"), "1000:1000");
  for (const service of BOUTIQUE_SERVICES) {
    const entry = entries.find(({ names }) => names.includes(`liqo-ts/boutique-${service}`));
    assert.equal(find("WORKDIR"), entry?.workingDir);
    const [program, ...options] = JSON.parse(find("ENTRYPOINT")) as string[];
    assert.deepEqual([program, options[0]], entry?.entrypoint?.slice(0, 2));
  }
  assert.match(find("COPY"), /bundle\/boutique\/\$\{SERVICE\}\.js \/app\/main\.js$/);
});
