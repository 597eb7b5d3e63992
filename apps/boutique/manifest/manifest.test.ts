import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseAllDocuments } from "yaml";

interface Container {
  readonly name: string;
  readonly image: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly ports?: readonly { readonly containerPort: number }[];
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly securityContext: object;
}
interface Probe {
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly httpGet?: object;
  readonly grpc?: object;
  readonly tcpSocket?: object;
}
interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: object };
  readonly spec?: {
    readonly selector?: object;
    readonly type?: string;
    readonly ports?: readonly object[];
    readonly template?: { readonly metadata: { readonly labels: object }; readonly spec: PodSpec };
  };
}
interface PodSpec {
  readonly serviceAccountName?: string;
  readonly terminationGracePeriodSeconds?: number;
  readonly securityContext: object;
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
}

// Switches of Google's tracing and profiling, which ours has not.
const NOT_OURS = ["DISABLE_PROFILER", "ENABLE_PROFILER"];

const ours = read(join(import.meta.dirname, "online-boutique.yaml"));
const original = join(import.meta.dirname, "../../../../shared/data/online-boutique/kubernetes-manifests.yaml");
const skip = existsSync(original) ? false : `no ${original}`;

for (const [what, view] of [
  ["kinds, names and labels", ({ kind, metadata }: Resource) => [kind, metadata.name, metadata.labels]],
  ["Services: type, selector and ports", (r: Resource) => r.kind === "Service" && [r.metadata.name, r.spec]],
  ["Deployments: selector and labels of the pods", podLabels],
  ["pods: account, containers, ports and security", podShape],
] as const) {
  test(`as in the original: ${what}`, { skip }, () => {
    assert.deepEqual(comparable(ours, view), comparable(read(original), view));
  });
}

test("each container has the environment of the original", { skip }, () => {
  const missing = environment(read(original)).filter((line) => !environment(ours).includes(line));
  assert.deepEqual(
    missing.filter((line) => !NOT_OURS.some((name) => line.includes(name))),
    [],
  );
});

for (const { metadata, spec } of ours.filter(({ kind }) => kind === "Deployment")) {
  test(`${metadata.name} runs our image, is probed at once and ends soon`, () => {
    const pod = spec?.template?.spec;
    const [container] = pod?.containers ?? [];
    const image = metadata.name === "redis-cart" ? "redis:alpine" : `liqo-ts/boutique-${metadata.name}:v1`;
    assert.equal(container?.image, image);
    assert.ok((pod?.terminationGracePeriodSeconds ?? 30) <= 5);
    const probes = metadata.name === "loadgenerator" ? [] : [container?.readinessProbe, container?.livenessProbe];
    for (const probe of probes) {
      assert.equal(probe?.initialDelaySeconds ?? 0, 0);
      assert.ok((probe?.periodSeconds ?? 10) <= 2);
    }
  });
}

function read(path: string): Resource[] {
  return parseAllDocuments(readFileSync(path, "utf8"))
    .map((document) => document.toJS() as Resource | null)
    .filter((resource) => resource !== null);
}

/** What the view shows of each object, in an order that does not depend on the file's. */
function comparable(resources: readonly Resource[], view: (resource: Resource) => unknown): unknown[] {
  const keyOf = ({ kind, metadata }: Resource): string => `${kind}/${metadata.name}`;
  return resources.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)).map(view);
}

function podLabels({ kind, metadata, spec }: Resource): unknown {
  return kind === "Deployment" && [metadata.name, spec?.selector, spec?.template?.metadata.labels];
}

function podShape({ kind, spec }: Resource): unknown {
  const pod = spec?.template?.spec;
  if (kind !== "Deployment" || pod === undefined) return undefined;
  const shape = ({ name, ports, securityContext, readinessProbe, livenessProbe }: Container) => ({
    name,
    ports: ports?.map(({ containerPort }) => containerPort),
    securityContext,
    probes: [readinessProbe, livenessProbe].map((probe) => [probe?.httpGet, probe?.grpc, probe?.tcpSocket]),
  });
  return {
    account: pod.serviceAccountName,
    security: pod.securityContext,
    containers: [...(pod.initContainers ?? []), ...pod.containers].map(shape),
  };
}

function environment(resources: readonly Resource[]): string[] {
  return resources.flatMap(({ metadata, spec }) => {
    const pod = spec?.template?.spec;
    return [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])].flatMap(({ name, env }) =>
      (env ?? []).map((variable) => `${metadata.name}/${name}: ${variable.name}=${variable.value}`),
    );
  });
}
