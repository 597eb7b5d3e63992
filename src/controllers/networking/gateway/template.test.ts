import assert from "node:assert/strict";
import { test } from "node:test";
import { renderTemplate } from "./template.ts";

const data = {
  Name: "rome",
  Spec: { mtu: 1340, endpoint: { addresses: ["198.18.0.1", "gw.example.org"], port: 51840 } },
};

for (const [template, expected] of [
  ["gw-{{ .Name }}", "gw-rome"],
  ["--mtu={{ .Spec.MTU }}", "--mtu=1340"],
  ["{{ .Spec.MTU }}", 1340],
  ["{{ index .Spec.Endpoint.Addresses 0 }}", "198.18.0.1"],
  ["{{ if gt (len .Spec.Endpoint.Ports) 1 }}many{{ else }}one{{ end }}", "one"],
  ["{{ if .Spec.Endpoint.Port }}{{ .Spec.Endpoint.Port }}{{ end }}", 51840],
  ["{{ range .Spec.Endpoint.Addresses }}{{ . }},{{ end }}", "198.18.0.1,gw.example.org,"],
  [
    "{{ range .Spec.Endpoint.Addresses }}{{ $.Name }} {{ if . }}{{ . }} {{ end }}{{ end }}",
    "rome 198.18.0.1 rome gw.example.org ",
  ],
  ["{{ range .Spec.Missing }}{{ . }}{{ else }}none{{ end }}", "none"],
  ["{{ .Spec.Missing }}", ""],
  ["plain", "plain"],
] as const) {
  test(`${template} renders as ${expected}`, () => assert.equal(renderTemplate(template, data), expected));
}

test("numbers below labels stay text and empty optional keys go", () => {
  const rendered = renderTemplate(
    {
      labels: { mtu: "{{ .Spec.MTU }}" },
      "?nodePort": "{{ .Spec.Endpoint.NodePort }}",
      "?port": "{{ .Spec.Endpoint.Port }}",
    },
    data,
  );
  assert.deepEqual(rendered, { labels: { mtu: "1340" }, port: 51840 });
});

test("what is not supported is refused by name", () => {
  assert.throws(() => renderTemplate("{{ printf .Name 1 }}", data), /"printf" is not supported/);
  assert.throws(() => renderTemplate("{{ if .Name }}x", data), /no \{\{ end \}\}/);
  assert.throws(() => renderTemplate("{{ range .Name }}x", data), /\{\{ range .Name \}\} has no \{\{ end \}\}/);
});
