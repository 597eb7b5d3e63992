import assert from "node:assert/strict";
import { test } from "node:test";
import { tracingSettings } from "./settings.ts";

const BASE = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" };

for (const [name, env] of [
  ["nothing is set", {}],
  ["the endpoint is empty", { OTEL_EXPORTER_OTLP_ENDPOINT: "" }],
  ["it is disabled", { ...BASE, OTEL_SDK_DISABLED: "true" }],
  ["nothing exports", { ...BASE, OTEL_TRACES_EXPORTER: "none" }],
] as const) {
  test(`off when ${name}`, () => assert.equal(tracingSettings(env), undefined));
}

for (const [env, expected] of [
  [BASE, "http://collector:4318/v1/traces"],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "https://x/otlp/" }, "https://x/otlp/v1/traces"],
  [{ ...BASE, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://other/here" }, "http://other/here"],
] as const) {
  test(`posts to ${expected}`, () => assert.equal(tracingSettings(env)?.url.href, expected));
}

test("headers and resource are percent-encoded pairs", () => {
  const settings = tracingSettings({
    ...BASE,
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=Basic%20YTpi==, x=1",
    OTEL_RESOURCE_ATTRIBUTES: "service.name=a,liqo.cluster_id=milan",
    OTEL_SERVICE_NAME: "b",
  });
  assert.deepEqual(settings?.headers, { authorization: "Basic YTpi==", x: "1" });
  assert.deepEqual(settings?.resource, { "service.name": "b", "liqo.cluster_id": "milan" });
});

for (const [sampler, argument, ratio, followsParent] of [
  [undefined, undefined, 1, true],
  ["always_on", undefined, 1, false],
  ["parentbased_always_off", undefined, 0, true],
  ["parentbased_traceidratio", "0.25", 0.25, true],
  ["traceidratio", undefined, 1, false],
] as const) {
  test(`sampler ${sampler} ${argument ?? ""}`, () => {
    const settings = tracingSettings({ ...BASE, OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: argument });
    assert.deepEqual([settings?.ratio, settings?.followsParent], [ratio, followsParent]);
  });
}

for (const [variable, value, says] of [
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", /^OTEL_EXPORTER_OTLP_ENDPOINT is no URL of HTTP/],
  ["OTEL_EXPORTER_OTLP_HEADERS", "secret", /^OTEL_EXPORTER_OTLP_HEADERS is not of the form (?!.*secret)/],
  ["OTEL_EXPORTER_OTLP_HEADERS", "a=%zz", /^OTEL_EXPORTER_OTLP_HEADERS is not of the form/],
  ["OTEL_TRACES_SAMPLER", "sometimes", /^OTEL_TRACES_SAMPLER "sometimes" is not one of always_on/],
] as const) {
  test(`${variable}=${value} is refused by name`, () =>
    assert.throws(() => tracingSettings({ ...BASE, [variable]: value }), { name: "SyntaxError", message: says }));
}

test("a ratio that is none is refused", () => {
  const env = { ...BASE, OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "2" };
  assert.throws(() => tracingSettings(env), { message: 'OTEL_TRACES_SAMPLER_ARG "2" is no number from 0 to 1' });
});
