/**
 * Our CRDs against upstream's: names, scope, columns, subresources and the schema of everything that Liqo itself defines.
 * Inside Kubernetes' own types the versions differ, so there only the shape down to them is compared.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { type Crd, crdFacts } from "#kit/crd-facts.ts";
import { allKinds } from "./all.ts";
import { type Definitions, forgeCrd } from "./schema/crd.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MANIFESTS = join(ROOT, "../shared/data/liqo-crds");
const SCHEMAS = join(ROOT, ".build/openapi/schemas.json");

/** What is ours and not upstream's, by plural: optional fields that an upstream peer neither writes nor reads; values of others. */
const ADDED: Readonly<Record<string, readonly string[]>> = {
  foreignclusters: [
    ".status.conditions[].status=Unknown",
    ".status.modules.authentication.conditions[].status=Unknown",
    ".status.modules.networking.conditions[].status=Unknown",
    ".status.modules.offloading.conditions[].status=Unknown",
  ],
  connections: [".status.echo", ".status.interval", ".status.mtu", ".status.paths", ".status.tunnels"],
  gatewayservers: [".status.endpoint.tcpPort"],
  shadowpods: [".status.reason", ".status.message"],
  wggatewayservers: [".status.endpoint.tcpPort"],
};

/** Kinds that are not upstream's: its peers neither write nor read them. */
const OWN_KINDS: readonly string[] = ["shadownetworkpolicies"];

/** By plural. */
const recorded = new Map(
  readFileSync(join(import.meta.dirname, "testdata/upstream-crds.txt"), "utf8")
    .split("\n# ")
    .slice(1)
    .map((section) => section.trimEnd().split("\n"))
    .map(([plural = "", ...facts]) => [plural, facts]),
);

test("upstream's kinds are ours, and no others but those named here", () => {
  assert.equal(recorded.size, 28);
  assert.deepEqual(allKinds.map(({ plural }) => plural).sort(), [...recorded.keys(), ...OWN_KINDS].sort());
});

for (const kind of allKinds.filter(({ plural }) => !OWN_KINDS.includes(plural))) {
  test(`${kind.plural} are as upstream has them`, () => {
    assert.ok(existsSync(SCHEMAS), `no ${SCHEMAS}: run make setup`);
    const { definitions } = JSON.parse(readFileSync(SCHEMAS, "utf8")) as { definitions: Definitions };
    const ours = crdFacts(forgeCrd(kind, definitions) as unknown as Crd, ADDED[kind.plural]);
    assert.deepEqual(ours, recorded.get(kind.plural));
  });
}

const skip = existsSync(MANIFESTS) ? false : `no manifests of upstream in ${MANIFESTS}`;

test("what is recorded is what upstream's manifests say", { skip }, () => {
  for (const file of readdirSync(MANIFESTS)) {
    const crd = parse(readFileSync(join(MANIFESTS, file), "utf8")) as Crd;
    assert.deepEqual(recorded.get(crd.spec.names.plural), crdFacts(crd), file);
  }
});
