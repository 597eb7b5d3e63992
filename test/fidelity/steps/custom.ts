/** CRDs: schemas, defaults, pruning, CEL rules, status, scale, columns; and invalid definitions. */
import { get, inNamespace, patch, post, put, remove, type Step, TABLE } from "../step.ts";

const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const WIDGETS = "/apis/example.org/v1/namespaces/custom/widgets";

const SCHEMA = {
  type: "object",
  required: ["spec"],
  properties: {
    spec: {
      type: "object",
      required: ["size"],
      "x-kubernetes-validations": [
        { rule: "self.size <= self.max", message: "size must not exceed max" },
        { rule: "!has(self.fixed) || self.fixed == oldSelf.fixed", message: "fixed is immutable" },
      ],
      properties: {
        size: { type: "integer", minimum: 1, maximum: 100 },
        max: { type: "integer", default: 50 },
        replicas: { type: "integer", default: 1 },
        fixed: { type: "string" },
        color: { type: "string", enum: ["red", "green"], default: "red" },
        name: { type: "string", pattern: "^[a-z]+$", maxLength: 5 },
        mail: { type: "string", format: "email" },
        time: { type: "string", format: "date-time" },
        bytes: { type: "string", format: "byte" },
        list: { type: "array", maxItems: 2, items: { type: "string" } },
        set: { type: "array", "x-kubernetes-list-type": "set", items: { type: "string" } },
        map: {
          type: "array",
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["k"],
          items: {
            type: "object",
            required: ["k"],
            properties: { k: { type: "string" }, v: { type: "string", default: "d" } },
          },
        },
        free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
        either: { "x-kubernetes-int-or-string": true },
        labels: { type: "object", additionalProperties: { type: "string" } },
        maybe: { type: "string", nullable: true },
        one: {
          type: "object",
          properties: { a: { type: "string" }, b: { type: "string" } },
          oneOf: [{ required: ["a"] }, { required: ["b"] }],
        },
      },
    },
    status: {
      type: "object",
      properties: { replicas: { type: "integer" }, selector: { type: "string" }, note: { type: "string" } },
    },
  },
};

const crd = (plural: string, kind: string, version: object = {}, scope = "Namespaced"): object => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${plural}.example.org` },
  spec: {
    group: "example.org",
    scope,
    names: { plural, kind },
    versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: SCHEMA }, ...version }],
  },
});
const widget = (name: string, spec: unknown, more: object = {}): object => ({
  apiVersion: "example.org/v1",
  kind: "Widget",
  metadata: { name },
  spec,
  ...more,
});

const definitions: readonly Step[] = [
  post(
    "crd create",
    CRDS,
    crd("widgets", "Widget", {
      subresources: {
        status: {},
        scale: {
          specReplicasPath: ".spec.replicas",
          statusReplicasPath: ".status.replicas",
          labelSelectorPath: ".status.selector",
        },
      },
      additionalPrinterColumns: [
        { name: "Size", type: "integer", jsonPath: ".spec.size", description: "how big" },
        { name: "Color", type: "string", jsonPath: ".spec.color", priority: 1 },
        { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
      ],
    }),
  ),
  // Until it is served on both sides.
  get("crd settles", `${CRDS}?watch=true&timeoutSeconds=3&fieldSelector=metadata.name%3Dnone`),
  get("crd get", `${CRDS}/widgets.example.org`),
  get("crd row", `${CRDS}/widgets.example.org`, { headers: TABLE }),
  post("crd again", CRDS, crd("widgets", "Widget")),
  post("crd wrong name", CRDS, { ...crd("gadgets", "Gadget"), metadata: { name: "gadgets" } }),
  post("crd no schema", CRDS, crd("gadgets", "Gadget", { schema: undefined })),
  post(
    "crd not structural",
    CRDS,
    crd("gadgets", "Gadget", { schema: { openAPIV3Schema: { properties: { a: {} } } } }),
  ),
  post("crd bad type", CRDS, crd("gadgets", "Gadget", { schema: { openAPIV3Schema: { type: "thing" } } })),
  post(
    "crd bad rule",
    CRDS,
    crd("gadgets", "Gadget", {
      schema: {
        openAPIV3Schema: {
          type: "object",
          properties: { spec: { type: "object", "x-kubernetes-validations": [{ rule: "self.none == 1" }] } },
        },
      },
    }),
  ),
  post("crd no storage", CRDS, crd("gadgets", "Gadget", { storage: false })),
  post("crd bad kind", CRDS, crd("gadgets", "gad get")),
  post("crd bad scope", CRDS, crd("gadgets", "Gadget", {}, "Other")),
  post("crd empty", CRDS, { metadata: { name: "x.example.org" } }),
];

const INVALID: Readonly<Record<string, unknown>> = {
  "no size": {},
  "size text": { size: "x" },
  "size fraction": { size: 1.5 },
  "size small": { size: 0 },
  "size large": { size: 101 },
  "size over max": { size: 60 },
  "bad color": { size: 1, color: "blue" },
  "bad name": { size: 1, name: "ABCDEFG" },
  "bad mail": { size: 1, mail: "x" },
  "bad time": { size: 1, time: "x" },
  "bad bytes": { size: 1, bytes: "x" },
  "no bytes": { size: 1, bytes: "" },
  "long list": { size: 1, list: ["a", "b", "c"] },
  "list type": { size: 1, list: [1] },
  "set twice": { size: 1, set: ["a", "a"] },
  "map twice": { size: 1, map: [{ k: "a" }, { k: "a" }] },
  "map without key": { size: 1, map: [{ v: "a" }] },
  "either boolean": { size: 1, either: true },
  "labels number": { size: 1, labels: { a: 1 } },
  "null size": { size: null },
  "one of neither": { size: 1, one: {} },
  "one of both": { size: 1, one: { a: "a", b: "b" } },
  text: "x",
  list: [{ a: 1 }],
};

const objects: readonly Step[] = [
  post(
    "custom create",
    WIDGETS,
    widget("a", { size: 1, map: [{ k: "x" }], either: "5%", maybe: null, free: { x: { y: 1 } }, unknown: 1 }),
  ),
  get("custom get", `${WIDGETS}/a`),
  get("custom list", WIDGETS),
  get("custom row", `${WIDGETS}/a`, { headers: TABLE }),
  get("custom rows", WIDGETS, { headers: TABLE }),
  post("custom with status", WIDGETS, widget("b", { size: 2 }, { status: { replicas: 3 } })),
  post("custom unknown strict", `${WIDGETS}?fieldValidation=Strict`, widget("c", { size: 2, unknown: 1 })),
  post("custom no spec", WIDGETS, { metadata: { name: "c" } }),
  post("custom no kind", WIDGETS, { metadata: { name: "c" }, spec: { size: 1 } }),
  post("custom wrong kind", WIDGETS, { ...widget("c", { size: 1 }), kind: "Other" }),
  ...Object.entries(INVALID).map(([title, spec], i) => post(`custom ${title}`, WIDGETS, widget(`invalid-${i}`, spec))),
  put("custom put without revision", `${WIDGETS}/a`, widget("a", { size: 3 })),
  patch("merge", "custom merge", `${WIDGETS}/a`, { spec: { size: 3, fixed: "yes" } }),
  patch("merge", "custom immutable", `${WIDGETS}/a`, { spec: { fixed: "no" } }),
  patch("strategic", "custom strategic", `${WIDGETS}/a`, { spec: { size: 4 } }),
  patch("json", "custom json", `${WIDGETS}/a`, [{ op: "replace", path: "/spec/size", value: 5 }]),
  patch("merge", "custom status by main", `${WIDGETS}/a`, { status: { note: "x" } }),
  patch("merge", "custom status", `${WIDGETS}/a/status`, {
    status: { note: "x", replicas: 2, selector: "a=b" },
    spec: { size: 9 },
  }),
  get("custom get status", `${WIDGETS}/a/status`),
  patch("merge", "custom bad status", `${WIDGETS}/a/status`, { status: { replicas: "x" } }),
  get("custom scale", `${WIDGETS}/a/scale`),
  patch("merge", "custom scale to 4", `${WIDGETS}/a/scale`, { spec: { replicas: 4 } }),
  patch("merge", "custom scale below 0", `${WIDGETS}/a/scale`, { spec: { replicas: -1 } }),
  patch(
    "apply",
    "custom apply",
    `${WIDGETS}/e?fieldManager=one`,
    widget("e", { size: 1, map: [{ k: "x", v: "1" }], set: ["a"] }),
  ),
  patch(
    "apply",
    "custom apply adds",
    `${WIDGETS}/e?fieldManager=two`,
    widget("e", { map: [{ k: "y", v: "1" }], set: ["b"] }),
  ),
  patch(
    "apply",
    "custom apply conflict",
    `${WIDGETS}/e?fieldManager=two`,
    widget("e", { size: 2, map: [{ k: "x", v: "2" }] }),
  ),
  patch("apply", "custom apply unknown", `${WIDGETS}/e?fieldManager=two`, widget("e", { unknown: 1 })),
  get("custom unknown subresource", `${WIDGETS}/a/other`),
  get("custom discovery", "/apis/example.org/v1"),
  get("custom group", "/apis/example.org"),
  remove("custom delete", `${WIDGETS}/a`),
  remove("custom delete all", WIDGETS),
  remove("crd delete", `${CRDS}/widgets.example.org`, undefined, { setUp: true }),
];

export const customSteps: readonly Step[] = [...inNamespace("custom"), ...definitions, ...objects];
