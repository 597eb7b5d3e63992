/** Every row of the table against the forge, and every field of Kubernetes against the table. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Container, EphemeralContainer, Pod, PodSpec, Volume, VolumeProjection } from "kubernetes-types/core/v1";
import { shadowPods } from "#api/offloading/shadow.ts";
import { type Definitions, forgeCrd } from "#api/schema/crd.ts";
import type { Crd } from "#kit/crd-facts.ts";
import { SHADOW_OPTIONS } from "#kit/shadow-options.ts";
import type { SizedPodSpec } from "#machinery/pod.ts";
import { prune } from "#machinery/schema/prune.ts";
import type { Schema } from "#machinery/schema/schema.ts";
import { violations } from "#playground/apiserver/admission/pod-security/evaluate.ts";
import { loadBuiltinSchemas } from "#playground/apiserver/openapi/builtin-schemas.ts";
import {
  CONTAINER_FIELDS,
  ENV_SOURCE_FIELDS,
  type FieldTable,
  POD_FIELDS,
  POD_SECURITY_FIELDS,
  PROJECTION_FIELDS,
  SECURITY_FIELDS,
  VOLUME_FIELDS,
} from "./fields.ts";
import { forgeRemotePod } from "./remote-pod.ts";
import { shadowChanges } from "./shadow-changes.ts";
import { forgeEphemeralContainers, forgeShadowPod, type ShadowPodOptions } from "./shadow-pod.ts";
import { tokenKey } from "./volumes.ts";

const OPENAPI = fileURLToPath(new URL("../../../.build/openapi", import.meta.url));
const BASELINE = { level: "baseline", version: "latest" } as const;

const named = { key: "spot", operator: "Exists" };
const options: ShadowPodOptions = {
  ...SHADOW_OPTIONS,
  apiServer: { support: "TokenAPI", port: "443", addresses: ["10.70.0.1"] },
  patch: { nodeSelector: { disk: "ssd" }, tolerations: [named] },
};
const remote = { ...options, apiServer: { ...options.apiServer, support: "Remote" as const } };

/** A field as the table's test knows it: what it is made of, and what it then is at the provider. */
type Example = readonly [given: unknown, there: unknown, options?: ShadowPodOptions];

const web = { name: "web", image: "web" };
const keyed = (keys: object): object => ({
  maxSkew: 1,
  topologyKey: "zone",
  whenUnsatisfiable: "DoNotSchedule",
  labelSelector: { matchExpressions: [{ key: "hash", operator: "In", values: ["1"] }] },
  ...keys,
});
const token = { serviceAccountToken: { path: "token" } };
const tokenSecret = (path: string): VolumeProjection => ({
  secret: { name: "a-token", items: [{ key: tokenKey("v", path), path }] },
});
const apiServerVariables = [
  "KUBERNETES_SERVICE_HOST",
  "KUBERNETES_SERVICE_PORT",
  "KUBERNETES_PORT",
  "KUBERNETES_PORT_443_TCP",
  "KUBERNETES_PORT_443_TCP_PROTO",
  "KUBERNETES_PORT_443_TCP_ADDR",
  "KUBERNETES_PORT_443_TCP_PORT",
];

const namesOf = (env: unknown): unknown => (env as { name: string }[]).map(({ name }) => name);

/** Of each changed field one change. */
const EXAMPLES: Readonly<Record<string, Example>> = {
  "PodSpec.affinity": [{ nodeAffinity: {}, podAffinity: {}, podAntiAffinity: {} }, undefined],
  "PodSpec.automountServiceAccountToken": [true, false],
  "PodSpec.containers": [[{ ...web, env: [] }], [...apiServerVariables]],
  "PodSpec.ephemeralContainers": [[web], undefined],
  "PodSpec.hostAliases": [
    [{ ip: "192.0.2.1", hostnames: ["x"] }],
    [
      { ip: "192.0.2.1", hostnames: ["x"] },
      { ip: "10.70.0.1", hostnames: ["kubernetes.default", "kubernetes.default.svc"] },
    ],
  ],
  "PodSpec.initContainers": [[{ ...web, env: [] }], [...apiServerVariables]],
  "PodSpec.nodeSelector": [{ "liqo.io/type": "virtual-node" }, { disk: "ssd" }],
  "PodSpec.runtimeClassName": ["liqo", undefined],
  "PodSpec.serviceAccountName": ["robot", undefined],
  "PodSpec.tolerations": [[{ key: "virtual-node.liqo.io/not-allowed", operator: "Exists" }], [named]],
  "PodSpec.topologySpreadConstraints": [[keyed({ matchLabelKeys: ["hash"] })], [keyed({})]],
  "PodSpec.volumes": [
    [{ name: "v", projected: { sources: [token] } }],
    [{ name: "v", projected: { sources: [tokenSecret("token")] } }],
  ],
  "Container.env": [[], apiServerVariables],
  "Container.volumeMounts": [[{ name: "kube-api-access-x", mountPath: "/x" }], [], remote],
  "EnvVarSource.fieldRef": [{ fieldPath: "spec.serviceAccountName" }, "robot"],
  "Volume.projected": [{ sources: [token] }, { sources: [tokenSecret("token")] }],
  "VolumeProjection.configMap": [{ name: "kube-root-ca.crt" }, [{ configMap: { name: "kube-root-ca.crt.milan" } }]],
  "VolumeProjection.downwardAPI": [
    { items: [{ path: "ns", fieldRef: { fieldPath: "metadata.namespace" } }] },
    [tokenSecret("ns")],
  ],
  "VolumeProjection.serviceAccountToken": [{ path: "token" }, [tokenSecret("token")]],
};

/** What the level baseline refuses. */
const host = { httpGet: { port: 80, host: "10.0.0.1" } };
const unconfined = { type: "Unconfined" };
const REFUSED: Readonly<Record<string, unknown>> = {
  "Container.lifecycle": { postStart: host },
  "Container.livenessProbe": host,
  "Container.ports": [{ containerPort: 80, hostPort: 80 }],
  "Container.readinessProbe": host,
  "Container.startupProbe": host,
  "PodSecurityContext.appArmorProfile": unconfined,
  "PodSecurityContext.seLinuxOptions": { user: "u" },
  "PodSecurityContext.seccompProfile": unconfined,
  "PodSecurityContext.sysctls": [{ name: "kernel.msgmax", value: "1" }],
  "PodSecurityContext.windowsOptions": { hostProcess: true },
  "SecurityContext.appArmorProfile": unconfined,
  "SecurityContext.capabilities": { add: ["NET_ADMIN"] },
  "SecurityContext.privileged": true,
  "SecurityContext.procMount": "Unmasked",
  "SecurityContext.seLinuxOptions": { user: "u" },
  "SecurityContext.seccompProfile": unconfined,
  "SecurityContext.windowsOptions": { hostProcess: true },
  "Volume.hostPath": { path: "/" },
};

/** Where a field of each type stands in a pod, and where it is to be found again. */
interface Place {
  readonly types: readonly string[];
  readonly table: FieldTable;
  readonly put: (field: string, value: unknown) => object;
  readonly get: (field: string, spec: PodSpec) => unknown;
}

const fieldOf = (value: object | undefined, field: string): unknown => (value as Record<string, unknown>)?.[field];
const inVolume = (volume: object): object => ({ volumes: [volume] });
const sourcesOf = (spec: PodSpec): VolumeProjection[] | undefined => spec.volumes?.[0]?.projected?.sources;

const PLACES: Readonly<Record<string, Place>> = {
  PodSpec: {
    types: ["PodSpec"],
    table: POD_FIELDS,
    put: (field, value) => ({ [field]: value }),
    get: (field, spec) => {
      const value = fieldOf(spec, field);
      return field.endsWith("ontainers") && value !== undefined ? namesOf((value as Container[])[0]?.env) : value;
    },
  },
  Container: {
    types: ["Container", "EphemeralContainer"],
    table: CONTAINER_FIELDS,
    put: (field, value) => ({
      containers: [{ ...web, [field]: value }],
      volumes: [{ name: "kube-api-access-x", projected: { sources: [] } }],
    }),
    get: (field, { containers: [container] }) =>
      field === "env" ? namesOf(container?.env) : fieldOf(container, field),
  },
  EnvVarSource: {
    types: ["EnvVarSource"],
    table: ENV_SOURCE_FIELDS,
    put: (field, value) => ({
      serviceAccountName: "robot",
      containers: [{ ...web, env: [{ name: "X", valueFrom: { [field]: value } }] }],
    }),
    get: (field, { containers: [container] }) => {
      const [variable] = container?.env ?? [];
      return variable?.value ?? fieldOf(variable?.valueFrom, field);
    },
  },
  PodSecurityContext: {
    types: ["PodSecurityContext"],
    table: POD_SECURITY_FIELDS,
    put: (field, value) => ({ securityContext: { [field]: value } }),
    get: (field, { securityContext }) => fieldOf(securityContext, field),
  },
  SecurityContext: {
    types: ["SecurityContext"],
    table: SECURITY_FIELDS,
    put: (field, value) => ({ containers: [{ ...web, securityContext: { [field]: value } }] }),
    get: (field, { containers: [container] }) => fieldOf(container?.securityContext, field),
  },
  Volume: {
    types: ["Volume"],
    table: VOLUME_FIELDS,
    put: (field, value) => inVolume({ name: "v", [field]: value }),
    get: (field, { volumes }) => fieldOf(volumes?.[0], field),
  },
  VolumeProjection: {
    types: ["VolumeProjection"],
    table: PROJECTION_FIELDS,
    put: (field, value) =>
      // Beside a token the namespace is another one.
      inVolume({
        name: "v",
        projected: { sources: [{ [field]: value }, ...(field === "downwardAPI" ? [token] : [])] },
      }),
    get: (field, spec) =>
      (fieldOf(PROJECTION_FIELDS, field) as { fate: string }).fate === "changed"
        ? sourcesOf(spec)?.slice(0, 1)
        : fieldOf(sourcesOf(spec)?.[0], field),
  },
};

const schemas = loadBuiltinSchemas(OPENAPI);
const podSchema = schemas.find({ group: "", version: "v1", kind: "Pod" })?.properties?.["spec"];

/** Kubernetes' own definition of a type, from its place in a pod. */
function schemaOf(type: string): Schema {
  const spec = podSchema?.properties;
  const container = spec?.["containers"]?.items?.properties;
  const volume = spec?.["volumes"]?.items;
  const found = {
    PodSpec: podSchema,
    Container: spec?.["containers"]?.items,
    EphemeralContainer: spec?.["ephemeralContainers"]?.items,
    EnvVarSource: container?.["env"]?.items?.properties?.["valueFrom"],
    PodSecurityContext: spec?.["securityContext"],
    SecurityContext: container?.["securityContext"],
    Volume: volume,
    VolumeProjection: volume?.properties?.["projected"]?.properties?.["sources"]?.items,
  }[type];
  assert.ok(found, `${type}: not in ${OPENAPI}: run make setup`);
  return found;
}

/** Some value of the schema, with every field set as deep as it goes. */
function sampleOf(schema: Schema | undefined, variant: string): unknown {
  if (schema?.type === "array") return [sampleOf(schema.items, variant)];
  if (schema?.type === "integer" || schema?.type === "number") return variant.length;
  if (schema?.type === "boolean") return true;
  if (schema?.properties !== undefined)
    return Object.fromEntries(
      Object.entries(schema.properties).map(([name, child]) => [name, sampleOf(child, variant)]),
    );
  if (typeof schema?.additionalProperties === "object") return { some: sampleOf(schema.additionalProperties, variant) };
  return schema?.format === "quantity" ? String(variant.length) : variant;
}

function podOf(spec: object): Pod {
  return { metadata: { name: "a" }, spec: { containers: [web], ...spec } };
}

function travelled(spec: object, with_: ShadowPodOptions = options): PodSpec {
  const pod = forgeRemotePod(forgeShadowPod(podOf(structuredClone(spec)), "off", with_)).spec;
  assert.ok(pod);
  return pod;
}

for (const [name, { types, table, put, get }] of Object.entries(PLACES)) {
  test(`every field of ${name} that Kubernetes knows is in the table`, () => {
    const fields = types.flatMap((type) => Object.keys(schemaOf(type).properties ?? {}));
    assert.deepEqual(Object.keys(table).sort(), [...new Set(fields)].sort());
  });

  for (const [field, { fate, refused }] of Object.entries(table)) {
    const path = `${name}.${field}`;
    test(`${path} is ${fate}`, () => {
      const schema = types.map((type) => schemaOf(type).properties?.[field]).find((found) => found !== undefined);
      const [given, there, with_] = EXAMPLES[path] ?? [sampleOf(schema, "x"), undefined];
      assert.equal(EXAMPLES[path] !== undefined, fate === "changed", "a changed field needs an example, no other");
      const found = get(field, travelled(put(field, given), with_));
      assert.deepEqual(found, fate === "kept" ? given : there);
      if (fate === "changed") assert.notDeepEqual(found, given);
    });

    if (refused === undefined) continue;
    test(`${path}: Pod Security refuses ${refused}`, () => {
      assert.ok(REFUSED[path] !== undefined, "a refused field needs an example");
      const spec = travelled(put(field, REFUSED[path]));
      assert.equal(violations(BASELINE, { spec }).length, 1);
    });
  }
}

const LATER: readonly (keyof SizedPodSpec)[] = ["containers", "initContainers", "ephemeralContainers"];

for (const [field, fact] of Object.entries(POD_FIELDS)) {
  const follows = "follows" in fact;
  test(`PodSpec.${field} ${follows ? "follows" : "stays as it was first"}`, () => {
    const of = (variant: string): object => {
      if (LATER.some((list) => list === field)) return { [field]: [{ ...web, image: variant }] };
      return { [field]: sampleOf(podSchema?.properties?.[field], variant) };
    };
    const before = forgeShadowPod(podOf(of("a")), "off", options);
    assert.equal(shadowChanges(podOf(of("ab")), before, options).length > 0, follows);
  });
}

for (const [field, fact] of Object.entries(CONTAINER_FIELDS)) {
  test(`Container.${field} ${fact.follows === true ? "follows" : "stays as it was first"}`, () => {
    const of = (variant: string): object => ({
      containers: [{ ...web, [field]: sampleOf(schemaOf("EphemeralContainer").properties?.[field], variant) }],
    });
    const before = forgeShadowPod(podOf(of("a")), "off", options);
    assert.equal(shadowChanges(podOf(of("ab")), before, options).length > 0, fact.follows === true);
  });
}

test("a debugging container has all its fields", () => {
  const { env: _env, ...given } = sampleOf(schemaOf("EphemeralContainer"), "x") as EphemeralContainer;
  const [there] = forgeEphemeralContainers(podOf({ ephemeralContainers: [given] }), SHADOW_OPTIONS);
  assert.deepEqual(there, given);
});

test("what no schema knows is kept, at any depth, by the forge and by the ShadowPod's own schema", () => {
  const unknown = { ofTomorrow: { very: ["new"] } };
  const volume = { name: "v", emptyDir: unknown, ...unknown } as Volume;
  const spec = { ...unknown, containers: [{ ...web, ...unknown }], volumes: [volume], securityContext: unknown };
  const shadow = forgeShadowPod(podOf(spec), "off", SHADOW_OPTIONS);
  const { definitions } = JSON.parse(readFileSync(`${OPENAPI}/schemas.json`, "utf8")) as { definitions: Definitions };
  const crd = forgeCrd(shadowPods, definitions) as unknown as Crd;
  const schema = crd.spec.versions[0]?.schema.openAPIV3Schema;
  assert.deepEqual(prune(structuredClone({ spec: shadow.spec }), schema as Schema), []);
  const { automountServiceAccountToken: _, ...there } = forgeRemotePod(shadow).spec ?? { containers: [] };
  assert.deepEqual(there, spec);
});
