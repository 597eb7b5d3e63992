/** values.schema.json: it knows every value, and says what is wrong with a bad one. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { CHART, REQUIRED_VALUES, tryTemplate } from "#kit/chart.ts";

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  /** Of a value of upstream's that is not taken: the reason. */
  readonly const?: string;
}

const schema = JSON.parse(readFileSync(join(CHART, "values.schema.json"), "utf8")) as Schema;
const values: unknown = parse(readFileSync(join(CHART, "values.yaml"), "utf8"));

test("every value has a description, and what is not described is refused", () => {
  const problems: string[] = [];
  const walk = (path: string, each: Schema): void => {
    for (const [name, child] of Object.entries(each.properties ?? {})) {
      if ((child.description ?? "") === "") problems.push(`${path}${name}: no description`);
      if (child.properties !== undefined && child.additionalProperties !== false)
        problems.push(`${path}${name}: additional properties are allowed`);
      walk(`${path}${name}.`, child);
    }
  };
  walk("", schema);
  assert.equal(schema.additionalProperties, false);
  assert.deepEqual(problems, []);
});

test("every value of values.yaml is in the schema, and the other way round", () => {
  const inValues = leavesOf(values, schema).sort();
  const inSchema = namesOf(schema)
    .filter((name) => name !== "global")
    .sort();
  assert.deepEqual(inValues, inSchema);
});

test("every value of upstream's chart is taken, or refused with a reason", () => {
  const upstream = readFileSync(join(import.meta.dirname, "testdata/upstream-values.txt"), "utf8")
    .trim()
    .split("\n");
  const ignored = upstream.filter((path) => !isKnown(path));
  assert.deepEqual(ignored, []);
});

/** A refusal of a group is one of all in it, and what is open takes any name. */
function isKnown(path: string): boolean {
  let at: Schema = schema;
  for (const name of path.split(".")) {
    if (at.const?.startsWith("refused: ") === true) return true;
    if (at.properties === undefined) return at !== schema && at.type !== "boolean";
    const next = at.properties[name];
    if (next === undefined) return false;
    at = next;
  }
  return true;
}

/** Field, what is set, what Helm answers. */
const REFUSED: readonly (readonly [path: string, value: string, message: RegExp])[] = [
  ["ipam.podCIDR", "10.0.0.0", /at '\/ipam\/podCIDR': '10\.0\.0\.0' does not match pattern/],
  ["ipam.reservedSubnets[0]", "fd00::/8", /at '\/ipam\/reservedSubnets\/0': 'fd00::\/8' does not match pattern/],
  ["discovery.config.clusterID", "Milan", /at '\/discovery\/config\/clusterID': 'Milan' does not match pattern/],
  ["discovery.config.clusterID", "a".repeat(64), /clusterID': maxLength: got 64, want 63/],
  ["controllerManager.replicas", "0", /at '\/controllerManager\/replicas': minimum: got 0, want 1/],
  ["controllerManager.config.defaultLimitsEnforcement", "soft", /must be one of 'None', 'Soft', 'Hard'/],
  ["controllerManager.pod.resources.requests.cpu", "lots", /requests\/cpu': 'lots' does not match pattern/],
  ["networking.enabled", "maybe", /at '\/networking\/enabled': got string, want boolean/],
  ["networking.genevePort", "70000", /at '\/networking\/genevePort': maximum: got 70,000, want 65,535/],
  ["networking.gatewayTemplates.ping.interval", "2", /ping\/interval': got number, want string/],
  ["networking.gatewayTemplates.wireguard.implementation", "boringtun", /must be one of '', 'kernel', 'userspace'/],
  ["offloading.reflection.pod.type", "DenyList", /reflection\/pod': additional properties 'type' not allowed/],
  ["offloading.reflection.secret.type", "Deny", /must be one of 'DenyList', 'AllowList'/],
  ["offloading.podSecurity.enforce", "strict", /must be one of 'privileged', 'baseline', 'restricted'/],
  ["virtualKubelet.extra.args[0]", "verbose", /args\/0': 'verbose' does not match pattern/],
  ["netwrking.enabled", "false", /at '': additional properties 'netwrking' not allowed/],
  ["telemetry.enabled", "true", /at '\/telemetry': value must be 'refused: nothing is reported to anybody'/],
  ["authentication.awsConfig.region", "eu", /awsConfig': value must be 'refused: identities are certificates/],
  ["networking.gatewayTemplates.container.geneve.image.name", "x", /geneve': value must be 'refused: a gateway is one/],
  ["offloading.reflection.ingress.ingressClasses[0].default", "true", /ingressClasses\/0': missing property 'name'/],
  ["webhook.failurePolicy", "Retry", /must be one of 'Fail', 'Ignore'/],
];

test("a wrong value is refused with its path, what was found and what is allowed", async () => {
  for (const [path, value, message] of REFUSED) {
    const { code, stderr } = await tryTemplate({ ...REQUIRED_VALUES, [path]: value });
    assert.equal(code, 1, `${path}=${value} was accepted`);
    assert.match(stderr, message, path);
  }
});

test("without the three required values all three are named", async () => {
  const { code, stderr } = await tryTemplate({});
  assert.equal(code, 1);
  for (const path of ["/discovery/config/clusterID", "/ipam/podCIDR", "/ipam/serviceCIDR"])
    assert.match(stderr, new RegExp(`at '${path}'`));
});

/** Paths of the schema below which it has no names of its own. */
function namesOf({ properties }: Schema, path = ""): string[] {
  const taken = Object.entries(properties ?? {}).filter(([, child]) => child.const === undefined);
  return taken.flatMap(([name, child]) =>
    child.properties === undefined ? [`${path}${name}`] : namesOf(child, `${path}${name}.`),
  );
}

function leavesOf(value: unknown, each: Schema | undefined, path = ""): string[] {
  const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
  // What the schema leaves to the user (labels, resources) is one value.
  if (!isMap || (each !== undefined && each.properties === undefined)) return [path];
  const prefix = path === "" ? "" : `${path}.`;
  return Object.entries(value).flatMap(([name, child]) =>
    leavesOf(child, each?.properties?.[name], `${prefix}${name}`),
  );
}
