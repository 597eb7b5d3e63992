/** Messages as kube-apiserver 1.34 gave them for `kubectl apply --server-side --validate=false` of the same objects. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Schema } from "../schema/schema.ts";
import { findShapeErrors, joinShapeErrors } from "./typed-patch.ts";

const PORT: Schema = {
  type: "object",
  properties: { port: { type: "integer" }, protocol: { type: "string", default: "TCP" } },
};
const SERVICE: Schema = {
  type: "object",
  properties: {
    data: { type: "object", additionalProperties: { type: "string" } },
    spec: {
      type: "object",
      properties: {
        paused: { type: "boolean" },
        ports: { type: "array", items: PORT, "x-kubernetes-list-map-keys": ["port", "protocol"] },
        replicas: { type: "integer" },
        selector: { type: "object", additionalProperties: { type: "string" } },
        target: { "x-kubernetes-int-or-string": true },
      },
    },
  },
};

describe("the shape of an applied object", () => {
  for (const [value, ...says] of [
    [{ spec: { replicas: 1, paused: null, target: "web", ports: [{ port: 80 }] } }],
    [{ spec: { replicas: "many" } }, ".spec.replicas: expected numeric (int or float), got string"],
    [{ spec: { paused: "x" } }, ".spec.paused: expected boolean, got &{x}"],
    [{ data: { a: 3 } }, ".data.a: expected string, got &value.valueUnstructured{Value:3}"],
    [{ spec: { ports: { port: 80 } } }, ".spec.ports: expected list, got &{map[port:80]}"],
    [{ spec: { selector: ["a", "b"] } }, ".spec.selector: expected map, got &{[a b]}"],
    [
      { spec: { ports: [{ port: "80" }], portz: [] } },
      '.spec.ports[port="80",protocol="TCP"].port: expected numeric (int or float), got string',
      ".spec.portz: field not declared in schema",
    ],
  ] as const)
    it(`${JSON.stringify(value)}: ${says.length} faults`, () =>
      assert.deepEqual(findShapeErrors(value, SERVICE), says));

  it("several are listed below each other", () =>
    assert.equal(joinShapeErrors(["one", "two"]), "errors:\n  one\n  two"));
});
