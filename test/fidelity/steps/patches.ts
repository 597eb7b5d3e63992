/** Patches of the four types, apply with conflicts, dry-run, field validation, content types, malformed bodies. */
import { get, inNamespace, patch, post, put, type Step } from "../step.ts";

const DEPLOYMENTS = "/apis/apps/v1/namespaces/patches/deployments";
const MAPS = "/api/v1/namespaces/patches/configmaps";
const SERVICES = "/api/v1/namespaces/patches/services";
const ONE = `${DEPLOYMENTS}/d`;

const container = (name: string, more: object = {}): object => ({ name, image: "nginx", ...more });
const DEPLOYMENT = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "d" },
  spec: {
    selector: { matchLabels: { app: "x" } },
    template: {
      metadata: { labels: { app: "x" } },
      spec: {
        containers: [
          container("a", {
            env: [
              { name: "A", value: "1" },
              { name: "B", value: "2" },
            ],
            ports: [{ containerPort: 80 }],
          }),
          container("b"),
        ],
        tolerations: [{ key: "k", operator: "Exists" }],
      },
    },
  },
};
const pod = (spec: object): object => ({ spec: { template: { spec } } });
const applied = (replicas: number, more: object = {}): object => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "e", ...more },
  spec: { ...DEPLOYMENT.spec, replicas },
});
const map = (data: unknown, more: object = {}): object => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "m", ...more },
  data,
});

const strategic: readonly Step[] = [
  post("deployment to patch", DEPLOYMENTS, DEPLOYMENT),
  patch("strategic", "strategic image", ONE, pod({ containers: [{ name: "a", image: "busybox" }] })),
  patch("strategic", "strategic new container", ONE, pod({ containers: [container("c")] })),
  patch(
    "strategic",
    "strategic env",
    ONE,
    pod({
      containers: [
        {
          name: "a",
          env: [
            { name: "B", value: "3" },
            { name: "C", value: "4" },
          ],
        },
      ],
    }),
  ),
  patch(
    "strategic",
    "strategic delete env",
    ONE,
    pod({ containers: [{ name: "a", env: [{ name: "A", $patch: "delete" }] }] }),
  ),
  patch("strategic", "strategic delete container", ONE, pod({ containers: [{ name: "c", $patch: "delete" }] })),
  patch(
    "strategic",
    "strategic order",
    ONE,
    pod({ "$setElementOrder/containers": [{ name: "b" }, { name: "a" }], containers: [{ name: "b", image: "x" }] }),
  ),
  patch(
    "strategic",
    "strategic order wrong",
    ONE,
    pod({ "$setElementOrder/containers": [{ name: "b" }], containers: [{ name: "a", image: "x" }] }),
  ),
  patch("strategic", "strategic replace", ONE, pod({ containers: [{ $patch: "replace" }, container("a")] })),
  patch("strategic", "strategic atomic list", ONE, pod({ tolerations: [{ key: "l", operator: "Exists" }] })),
  patch("strategic", "strategic without key", ONE, pod({ containers: [{ image: "x" }] })),
  patch(
    "strategic",
    "strategic ports",
    ONE,
    pod({ containers: [{ name: "a", ports: [{ containerPort: 81, name: "p" }] }] }),
  ),
  patch("strategic", "strategic volumes", ONE, pod({ volumes: [{ name: "v", emptyDir: {} }] })),
  patch(
    "strategic",
    "strategic volume retain keys",
    ONE,
    pod({ volumes: [{ name: "v", $retainKeys: ["name", "configMap"], configMap: { name: "m" } }] }),
  ),
  patch("strategic", "strategic null", ONE, { spec: { replicas: null } }),
  patch("strategic", "strategic list as map", ONE, pod({ containers: { a: 1 } })),
  patch("strategic", "strategic bad directive", ONE, pod({ $patch: "unknown" })),
  patch("strategic", "strategic delete primitive", ONE, {
    metadata: { "$deleteFromPrimitiveList/finalizers": ["x.org/a"] },
  }),
  patch("strategic", "strategic not JSON", ONE, "{"),
  patch("strategic", "strategic array", ONE, "[]"),
];

const plain: readonly Step[] = [
  patch("merge", "merge replicas", ONE, { spec: { replicas: 3 } }),
  patch("merge", "merge nothing", ONE, {}),
  patch("merge", "merge list", ONE, pod({ containers: [container("z")] })),
  patch("merge", "merge selector", ONE, { spec: { selector: { matchLabels: { app: "y" } } } }),
  patch("merge", "merge invalid", ONE, { spec: { replicas: -1 } }),
  patch("merge", "merge wrong type", ONE, { spec: { replicas: "x" } }),
  patch("merge", "merge name", ONE, { metadata: { name: "other" } }),
  patch("merge", "merge kind", ONE, { kind: "Other" }),
  patch("merge", "merge stale", ONE, { metadata: { resourceVersion: "1" } }),
  patch("merge", "merge not JSON", ONE, "{x"),
  patch("merge", "merge missing", `${DEPLOYMENTS}/none`, { spec: {} }),
  patch("merge", "merge dry run", `${ONE}?dryRun=All`, { metadata: { labels: { dry: "run" } } }),
  patch("merge", "merge bad dry run", `${ONE}?dryRun=x`, {}),
  patch("merge", "merge force", `${ONE}?force=true`, {}),
  patch("merge", "merge long manager", `${ONE}?fieldManager=${"x".repeat(129)}`, {}),
  patch("merge", "merge unknown strict", `${ONE}?fieldValidation=Strict`, { spec: { unknown: 1 } }),
  patch("merge", "merge unknown warn", `${ONE}?fieldValidation=Warn`, { spec: { unknown: 1 } }),
  patch("merge", "merge unknown ignore", `${ONE}?fieldValidation=Ignore`, { spec: { unknown: 1 } }),
  patch("merge", "merge bad validation", `${ONE}?fieldValidation=Other`, {}),
  patch("json", "json replace", ONE, [{ op: "replace", path: "/spec/replicas", value: 2 }]),
  patch("json", "json add", ONE, [{ op: "add", path: "/metadata/labels", value: { a: "b" } }]),
  patch("json", "json escape", ONE, [{ op: "add", path: "/metadata/labels/x.org~1a", value: "b" }]),
  patch("json", "json test good", ONE, [{ op: "test", path: "/spec/replicas", value: 2 }]),
  patch("json", "json test bad", ONE, [{ op: "test", path: "/spec/replicas", value: 9 }]),
  patch("json", "json remove missing", ONE, [{ op: "remove", path: "/metadata/labels/none" }]),
  patch("json", "json replace missing", ONE, [{ op: "replace", path: "/spec/none/x", value: 1 }]),
  patch("json", "json move", ONE, [{ op: "move", from: "/metadata/labels/a", path: "/metadata/labels/c" }]),
  patch("json", "json copy", ONE, [{ op: "copy", from: "/metadata/labels/c", path: "/metadata/labels/d" }]),
  patch("json", "json unknown operation", ONE, [{ op: "other", path: "/spec" }]),
  patch("json", "json index", ONE, [{ op: "add", path: "/spec/template/spec/containers/9", value: container("x") }]),
  patch("json", "json append", ONE, [{ op: "add", path: "/spec/template/spec/containers/-", value: container("x") }]),
  patch("json", "json no list", ONE, { op: "add" }),
  patch("json", "json empty", ONE, []),
];

const apply: readonly Step[] = [
  patch("apply", "apply creates", `${DEPLOYMENTS}/e?fieldManager=one`, applied(1)),
  patch("apply", "apply again", `${DEPLOYMENTS}/e?fieldManager=one`, applied(1)),
  patch("apply", "apply without manager", `${DEPLOYMENTS}/e`, applied(1)),
  patch("apply", "apply conflict", `${DEPLOYMENTS}/e?fieldManager=two`, applied(2)),
  patch("apply", "apply conflict dry run", `${DEPLOYMENTS}/e?fieldManager=two&dryRun=All`, applied(2)),
  patch("apply", "apply force", `${DEPLOYMENTS}/e?fieldManager=two&force=true`, applied(2)),
  patch("apply", "apply shared", `${DEPLOYMENTS}/e?fieldManager=three`, applied(2)),
  patch("apply", "apply drops", `${DEPLOYMENTS}/e?fieldManager=three`, {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "e" },
  }),
  patch("apply", "apply wrong name", `${DEPLOYMENTS}/e?fieldManager=one`, { ...applied(1), metadata: { name: "f" } }),
  patch("apply", "apply without kind", `${DEPLOYMENTS}/e?fieldManager=one`, { metadata: { name: "e" } }),
  patch("apply", "apply wrong kind", `${DEPLOYMENTS}/e?fieldManager=one`, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "e" },
  }),
  patch(
    "apply",
    "apply managed fields",
    `${DEPLOYMENTS}/e?fieldManager=one`,
    applied(1, { managedFields: [{ manager: "x" }] }),
  ),
  patch("apply", "apply unknown field", `${DEPLOYMENTS}/e?fieldManager=one`, { ...applied(2), spec: { other: 1 } }),
  patch("apply", "apply wrong type", `${DEPLOYMENTS}/e?fieldManager=one`, { ...applied(2), spec: { replicas: "x" } }),
  patch("apply", "apply duplicate key", `${DEPLOYMENTS}/e?fieldManager=one&force=true`, {
    ...applied(2),
    spec: pod({ containers: [container("a"), container("a")] }),
  }),
  patch("apply", "apply uid", `${DEPLOYMENTS}/none?fieldManager=one`, {
    ...applied(1),
    metadata: { name: "none", uid: "x" },
  }),
  patch("apply", "apply configmap", `${MAPS}/m?fieldManager=one`, map({ a: "1", b: "2" })),
  patch("apply", "apply configmap other", `${MAPS}/m?fieldManager=two`, map({ c: "3" })),
  patch("apply", "apply configmap removes", `${MAPS}/m?fieldManager=one`, map({ a: "1" })),
  patch("merge", "merge configmap over apply", `${MAPS}/m?fieldManager=three`, { data: { a: "9" } }),
  patch("apply", "apply configmap two conflicts", `${MAPS}/m?fieldManager=one`, map({ a: "1", c: "1" })),
  patch("apply", "apply configmap same value", `${MAPS}/m?fieldManager=four`, map({ a: "9" })),
  patch(
    "apply",
    "apply yaml",
    `${MAPS}/y?fieldManager=one`,
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: y\ndata: {a: b}\n",
  ),
  patch("apply", "apply bad yaml", `${MAPS}/y?fieldManager=one`, "a: b: c"),
  patch("apply", "apply service", `${SERVICES}/s?fieldManager=one`, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "s" },
    spec: { ports: [{ port: 80 }, { port: 81, name: "b" }], selector: { a: "b" } },
  }),
  patch("apply", "apply service named", `${SERVICES}/s?fieldManager=one`, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "s" },
    spec: {
      ports: [
        { port: 80, name: "a" },
        { port: 81, name: "b" },
      ],
    },
  }),
  patch("merge", "managed fields cleared", `${MAPS}/m`, { metadata: { managedFields: [{}] } }),
  get("after managed fields cleared", `${MAPS}/m`),
  patch("apply", "apply after cleared", `${MAPS}/m?fieldManager=one&force=true`, map({ a: "5" })),
];

const bodies: readonly Step[] = [
  post("create unknown strict", `${MAPS}?fieldValidation=Strict`, {
    metadata: { name: "u1" },
    other: 1,
    metadata2: {},
  }),
  post("create unknown warn", `${MAPS}?fieldValidation=Warn`, { metadata: { name: "u2", x: 1 }, other: 1 }),
  post("create unknown ignore", `${MAPS}?fieldValidation=Ignore`, { metadata: { name: "u3" }, other: 1 }),
  post("create unknown default", MAPS, { metadata: { name: "u4" }, other: 1 }),
  post(
    "create duplicate strict",
    `${MAPS}?fieldValidation=Strict`,
    `{"metadata":{"name":"u5"},"data":{"a":"1","a":"2"}}`,
  ),
  post("create duplicate warn", MAPS, `{"metadata":{"name":"u6"},"data":{"a":"1"},"data":{"b":"2"}}`),
  post("create deep unknown strict", `${DEPLOYMENTS}?fieldValidation=Strict`, {
    metadata: { name: "u7" },
    spec: {
      ...DEPLOYMENT.spec,
      template: { ...DEPLOYMENT.spec.template, spec: { containers: [container("a", { imagee: "x" })] } },
    },
  }),
  post("create yaml", MAPS, "metadata:\n  name: yaml\ndata:\n  a: b\n", {
    headers: { "content-type": "application/yaml" },
  }),
  post("create bad yaml", MAPS, "a: b: c", { headers: { "content-type": "application/yaml" } }),
  post("create not JSON", MAPS, "{"),
  post("create empty", MAPS, ""),
  post("create array", MAPS, "[]"),
  post("create null", MAPS, "null"),
  post("create text", MAPS, `"x"`),
  post("create wrong type", MAPS, { metadata: [] }),
  post("create metadata text", MAPS, { metadata: { name: "u8", labels: { a: 1 } } }),
  post("create as XML", MAPS, "<a/>", { headers: { "content-type": "application/xml" } }),
  post("create as form", MAPS, "a=b", { headers: { "content-type": "application/x-www-form-urlencoded" } }),
  post("create dry run", `${MAPS}?dryRun=All`, { metadata: { name: "dry" } }),
  post("create bad dry run", `${MAPS}?dryRun=Other`, { metadata: { name: "dry" } }),
  post("create bad manager", `${MAPS}?fieldManager=%01`, { metadata: { name: "u9" } }),
  post("create bad validation", `${MAPS}?fieldValidation=Other`, { metadata: { name: "u10" } }),
  put("put as patch type", `${MAPS}/m`, {}, { headers: { "content-type": "application/merge-patch+json" } }),
  { name: "patch as JSON", method: "PATCH", path: `${MAPS}/m`, body: {} },
  { name: "method unknown", method: "PROPFIND", path: `${MAPS}/m` },
  { name: "post to one", method: "POST", path: `${MAPS}/m`, body: {} },
  { name: "put to all", method: "PUT", path: MAPS, body: {} },
  get("accept XML", `${MAPS}/m`, { headers: { accept: "application/xml" } }),
  get("accept anything", `${MAPS}/m`, { headers: { accept: "*/*" } }),
  get("accept YAML", `${MAPS}/yaml`, { headers: { accept: "application/yaml" } }),
];

export const patchSteps: readonly Step[] = [...inNamespace("patches"), ...strategic, ...plain, ...apply, ...bodies];
