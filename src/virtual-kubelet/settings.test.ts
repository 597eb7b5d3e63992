import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseSettings } from "./settings.ts";

const REQUIRED = [
  "--nodename=cluster-b",
  "--home-cluster-id=cluster-a",
  "--foreign-cluster-id=cluster-b",
  "--tenant-namespace=liqo-tenant-cluster-b",
  "--node-ip=10.0.0.1",
  "--foreign-kubeconfig-secret-name=kubeconfig",
];
const parse = (...args: string[]) => parseSettings([...REQUIRED, ...args], "443");

const refusals: [string, string][] = [
  ["--bogus", "unknown flag: --bogus"],
  ["--certificate-type=aws", 'invalid argument "aws" for "--certificate-type" flag: use kubelet or self-signed'],
  ["--pod-reflection-type=DenyList", 'invalid argument "DenyList" for "--pod-reflection-type" flag: use CustomLiqo'],
  ["--create-node=maybe", 'invalid argument "maybe" for "--create-node" flag: use true or false'],
  [
    "--node-ping-interval=soon",
    'invalid argument "soon" for "--node-ping-interval" flag: use a duration such as 40s or 1m30s',
  ],
];

for (const [flag, message] of refusals) {
  test(`${flag} is refused by name`, () => assert.throws(() => parse(flag), { name: "FlagError", message }));
}

test("what must be given is asked for by name", () => {
  assert.throws(() => parseSettings(REQUIRED.slice(1), "443"), { message: 'required flag(s) "nodename" not set' });
});

test("defaults are upstream's, but for the workers", () => {
  const settings = parse();
  assert.deepEqual([settings.listenPort, settings.leaseSeconds, settings.pingIntervalMs], [10_250, 40, 10_000]);
  assert.deepEqual(settings.reflection.reflectors.pod, { workers: 10, type: "CustomLiqo" });
  assert.deepEqual(settings.reflection.reflectors.secret, { workers: 10, type: "DenyList" });
  assert.deepEqual(settings.reflection.remotePodCidrs, []);
});

test("repeated CIDRs pair up with what they look like here", () => {
  const { remotePodCidrs } = parse(
    "--remote-pod-cidr=10.1.0.0/16",
    "--remote-pod-cidr=10.2.0.0/16",
    "--remote-pod-cidr-remap=10.71.0.0/16",
    "--remote-pod-cidr-remap=10.72.0.0/16",
  ).reflection;
  assert.deepEqual(remotePodCidrs, [
    { from: "10.1.0.0/16", to: "10.71.0.0/16" },
    { from: "10.2.0.0/16", to: "10.72.0.0/16" },
  ]);
});

test("a switch needs no value, and slices follow the policy of Services", () => {
  const { reflection } = parse("--enable-storage", "--service-reflection-type=AllowList");
  assert.equal(reflection.hasStorage, true);
  assert.equal(reflection.reflectors.endpointslice.type, "AllowList");
});

test("Liqo's RuntimeClass is called as the chart calls it", () => {
  assert.equal(parse().reflection.liqoRuntimeClass, "liqo");
  assert.equal(parse("--liqo-runtime-class=offloaded").reflection.liqoRuntimeClass, "offloaded");
});

test("where traces go is told as OpenTelemetry's environment tells it", () => {
  assert.deepEqual(parse().tracing, {});
  assert.deepEqual(parse("--tracing-endpoint=http://collector:4318", "--tracing-sampling-ratio=0.5").tracing, {
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318",
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "0.5",
  });
});

test("every flag of upstream's is known", () => {
  const upstream = readFileSync(join(import.meta.dirname, "testdata/upstream-flags.txt"), "utf8")
    .trim()
    .split("\n");
  const isUnknown = (name: string): boolean => {
    try {
      parse(`--${name}=x`);
      return false;
    } catch (error) {
      return error instanceof Error && error.message.startsWith("unknown flag");
    }
  };
  assert.deepEqual(upstream.filter(isUnknown), []);
});

test("the class of a kind counts only where the provider offers the kind", () => {
  assert.equal(parse("--remote-real-ingress-class-name=nginx").reflection.ingressClass, undefined);
  const { reflection } = parse("--enable-ingress", "--remote-real-ingress-class-name=nginx");
  assert.equal(reflection.ingressClass, "nginx");
});
