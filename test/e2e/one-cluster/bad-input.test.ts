/** What genuine Kubernetes says to bad input, word for word, and what it does with pods that cannot run. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import { needsOwnClusters } from "#engines/choose.ts";
import { eventually } from "#kit/eventually.ts";
import { type OneCluster, takeCluster } from "#kit/one-cluster.ts";

const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_VALUE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

interface Refused {
  readonly what: string;
  readonly manifest: string;
  readonly says: string;
}

const pod = (spec: string): string => `{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: ${spec}}`;
const configMap = (rest: string): string => `{apiVersion: v1, kind: ConfigMap, ${rest}}`;

const REFUSED: readonly Refused[] = [
  {
    what: "malformed YAML",
    manifest: "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n bad: [\n",
    says: "error: error parsing FILE: error converting YAML to JSON: yaml: line 4: did not find expected key",
  },
  {
    what: "a manifest without kind",
    manifest: "{apiVersion: v1, metadata: {name: x}}",
    says: 'error: error validating "FILE": error validating data: kind not set; if you choose to ignore these errors, turn validation off with --validate=false',
  },
  {
    what: "a kind nobody serves",
    manifest: "{apiVersion: nope/v1, kind: Nope, metadata: {name: x}}",
    says: 'error: resource mapping not found for name: "x" namespace: "" from "FILE": no matches for kind "Nope" in version "nope/v1"\nensure CRDs are installed first',
  },
  {
    what: "an unknown field",
    manifest: pod("{containers: [{name: a, imagee: nginx}]}"),
    says: 'Error from server (BadRequest): error when creating "FILE": Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.containers[0].imagee"',
  },
  {
    what: "a wrong type",
    manifest: configMap("metadata: {name: x}, data: {a: 1}"),
    says: 'Error from server (BadRequest): error when creating "FILE": ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
  },
  {
    what: "an amount that is none",
    manifest: pod("{containers: [{name: a, image: nginx, resources: {requests: {cpu: 2x}}}]}"),
    says: 'Error from server (BadRequest): error when creating "FILE": Pod in version "v1" cannot be handled as a Pod: quantities must match the regular expression \'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$\'',
  },
  {
    what: "an invalid name",
    manifest: configMap("metadata: {name: Bad_Name}"),
    says: `The ConfigMap "Bad_Name" is invalid: metadata.name: Invalid value: "Bad_Name": ${SUBDOMAIN}`,
  },
  {
    what: "an invalid label value",
    manifest: configMap('metadata: {name: x, labels: {a: "b c"}}'),
    says: `The ConfigMap "x" is invalid: metadata.labels: Invalid value: "b c": ${LABEL_VALUE}`,
  },
  {
    what: "a pod without containers",
    manifest: pod("{}"),
    says: 'The Pod "x" is invalid: spec.containers: Required value',
  },
  {
    what: "several faults at once",
    manifest: pod("{containers: [{name: a}], restartPolicy: Sometimes}"),
    says: 'The Pod "x" is invalid: \n* spec.containers[0].image: Required value\n* spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
  },
  {
    what: "a mount without its volume",
    manifest: pod("{containers: [{name: a, image: nginx, volumeMounts: [{name: v, mountPath: /x}]}]}"),
    says: 'The Pod "x" is invalid: spec.containers[0].volumeMounts[0].name: Not found: "v"',
  },
  {
    what: "a selector that misses its own template",
    manifest:
      "{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: c}}, spec: {containers: [{name: a, image: nginx}]}}}}",
    says: 'The Deployment "x" is invalid: spec.template.metadata.labels: Invalid value: {"a":"c"}: `selector` does not match template `labels`',
  },
  {
    what: "a Service without ports",
    manifest: "{apiVersion: v1, kind: Service, metadata: {name: x}, spec: {}}",
    says: 'The Service "x" is invalid: spec.ports: Required value',
  },
  {
    what: "a namespace that does not exist",
    manifest: configMap("metadata: {name: x, namespace: nowhere}"),
    says: 'Error from server (NotFound): error when creating "FILE": namespaces "nowhere" not found',
  },
];

describe("bad input", { concurrency: 1, skip: needsOwnClusters() }, () => {
  let cluster: OneCluster;
  before(async () => {
    cluster = await takeCluster();
  });
  after(() => cluster?.[Symbol.asyncDispose]());

  for (const { what, manifest, says } of REFUSED) {
    test(`${what} is refused as upstream words it`, async () => {
      const path = cluster.file("bad.yaml", manifest);
      assert.equal((await cluster.refusal(["apply", "-f", path])).replaceAll(path, "FILE").trimEnd(), says);
    });
  }

  test("an unknown field is a warning when asked for, and dropped", async () => {
    const path = cluster.file("unknown.yaml", configMap("metadata: {name: lax}, foo: bar"));
    const { code, stderr } = await cluster.tryKubectl(["apply", "-f", path, "--validate=warn"]);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: 'Warning: unknown field "foo"\n' });
    assert.doesNotMatch(await cluster.kubectl("get", "configmap", "lax", "-o", "jsonpath={.foo}"), /bar/);
  });

  test("immutable fields stay as they are", async () => {
    const { kubectl, refusal } = cluster;
    await kubectl("create", "deployment", "fixed", "--image=nginx", "--replicas=0");
    const selector =
      '{"spec":{"selector":{"matchLabels":{"app":"other"}},"template":{"metadata":{"labels":{"app":"other"}}}}}';
    assert.equal(
      await refusal(["patch", "deployment", "fixed", "-p", selector]),
      'The Deployment "fixed" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"other"}}: field is immutable\n',
    );
    await kubectl("create", "configmap", "frozen", "--from-literal=a=b");
    await kubectl("patch", "configmap", "frozen", "-p", '{"immutable":true}');
    assert.equal(
      await refusal(["patch", "configmap", "frozen", "-p", '{"data":{"a":"c"}}']),
      'The ConfigMap "frozen" is invalid: data: Forbidden: field is immutable when `immutable` is set\n',
    );
  });

  test("a stale resourceVersion is a conflict", async () => {
    await cluster.kubectl("create", "configmap", "stale", "--from-literal=a=b");
    const text = await cluster.kubectl("get", "configmap", "stale", "-o", "yaml");
    const input = text.replace(/resourceVersion: .*/, 'resourceVersion: "1"').replace("a: b", "a: c");
    assert.equal(
      await cluster.refusal(["replace", "-f", "-"], { input }),
      'Error from server (Conflict): error when replacing "STDIN": Operation cannot be fulfilled on configmaps "stale": the object has been modified; please apply your changes to the latest version and try again\n',
    );
  });

  test("a patch that does not fit is refused, without a word about the object", async () => {
    await cluster.kubectl("create", "configmap", "plain", "--from-literal=a=b");
    const patch = '[{"op":"test","path":"/data/a","value":"z"}]';
    assert.equal(
      await cluster.refusal(["patch", "configmap", "plain", "--type", "json", "-p", patch]),
      "The request is invalid: the server rejected our request due to an error in our request\n",
    );
    assert.equal(
      await cluster.refusal(["patch", "configmap", "plain", "-p", '{"immutable":"maybe"}']),
      'The request is invalid: patch: Invalid value: "map[immutable:maybe]": unrecognized type: bool\n',
    );
  });

  test("missing rights are named: user, verb, resource and place", async () => {
    await cluster.kubectl("create", "serviceaccount", "poor");
    const as = "--as=system:serviceaccount:default:poor";
    const who = 'User "system:serviceaccount:default:poor"';
    const table: [string[], string][] = [
      [
        ["get", "pods"],
        `pods is forbidden: ${who} cannot list resource "pods" in API group "" in the namespace "default"`,
      ],
      [
        ["delete", "pod", "x"],
        `pods "x" is forbidden: ${who} cannot delete resource "pods" in API group "" in the namespace "default"`,
      ],
      [
        ["get", "nodes"],
        `nodes is forbidden: ${who} cannot list resource "nodes" in API group "" at the cluster scope`,
      ],
      [
        ["get", "deployments.apps", "-A"],
        `deployments.apps is forbidden: ${who} cannot list resource "deployments" in API group "apps" at the cluster scope`,
      ],
    ];
    for (const [args, says] of table)
      assert.equal(await cluster.refusal([...args, as]), `Error from server (Forbidden): ${says}\n`);
  });

  test("a namespace takes its content with it", async () => {
    const { kubectl, refusal } = cluster;
    await kubectl("create", "namespace", "full");
    await kubectl("create", "deployment", "web", "--image=nginx", "-n", "full");
    await kubectl("create", "configmap", "settings", "-n", "full");
    assert.equal(await kubectl("delete", "namespace", "full"), 'namespace "full" deleted\n');
    assert.equal(
      await refusal(["get", "namespace", "full"]),
      'Error from server (NotFound): namespaces "full" not found\n',
    );
    assert.equal(await kubectl("get", "all,configmaps", "-n", "full"), "");
    assert.match(
      await refusal(["delete", "namespace", "default"]),
      /"default" is forbidden: this namespace may not be deleted/,
    );
  });

  test("a pod that fits nowhere says why, node by node", async () => {
    const big = '{"spec":{"containers":[{"name":"big","image":"nginx","resources":{"requests":{"cpu":"100"}}}]}}';
    await cluster.kubectl("run", "big", "--image=nginx", `--overrides=${big}`);
    await cluster.kubectl("run", "picky", "--image=nginx", '--overrides={"spec":{"nodeSelector":{"disk":"gold"}}}');
    const tail =
      "no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.";
    await saysEvent("big", "FailedScheduling", `0/2 nodes are available: 2 Insufficient cpu. ${tail}`);
    const selector = "2 node(s) didn't match Pod's node affinity/selector";
    await saysEvent("picky", "FailedScheduling", `0/2 nodes are available: ${selector}. ${tail}`);
    assert.match(await cluster.kubectl("get", "pod", "big"), /^big +0\/1 +Pending +0 /m);
  });

  test("an image that is nowhere backs off and the event says why", async () => {
    await cluster.kubectl("run", "unknown", "--image=localhost:1/nope:1");
    await showsStatus("unknown", "ImagePullBackOff");
    const events = await cluster.kubectl("events", "--for", "pod/unknown");
    // Genuine clusters here have a registry that answers for all names.
    const why = cluster.clusters.engine.name === "playground" ? /connection refused$/ : /not found/;
    const failed = /Warning +Failed .*Pod\/unknown +Failed to pull image "localhost:1\/nope:1": (.*)/.exec(events);
    assert.match(failed?.[1]?.trim() ?? events, why);
    assert.match(events, /Warning +Failed +Pod\/unknown +Error: ErrImagePull/);
    assert.match(
      await cluster.refusal(["logs", "unknown"]),
      /container "unknown" in pod "unknown" is waiting to start: (trying and failing to pull image|ImagePullBackOff)/,
    );
  });

  test("a crashing container restarts with back-off and keeps the log of its last life", async () => {
    await cluster.kubectl("run", "crash", "--image=busybox", "--", "sh", "-c", "echo oops; exit 3");
    await showsStatus("crash", "CrashLoopBackOff");
    // The kubelet keeps one dead container; between a restart and the status that tells of it, that is not the one named.
    await eventually("the log of the last life", async () =>
      assert.equal(await cluster.kubectl("logs", "crash", "--previous"), "oops\n"),
    );
    const { status } = await cluster.get<Pod>("pod", "crash");
    assert.equal(status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode, 3);
    await eventually("the event of the back-off", async () =>
      assert.match(
        await cluster.kubectl("events", "--for", "pod/crash"),
        /Back-off restarting failed container crash in pod crash_default\(/,
      ),
    );
  });

  test("failing probes keep a pod unready and restart it", async () => {
    const probe = (what: string): string => `{${what}, periodSeconds: 1, failureThreshold: 1}`;
    await cluster.apply(`
apiVersion: v1
kind: Pod
metadata: {name: probed}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - {name: web, image: nginx, readinessProbe: ${probe("httpGet: {path: /nope, port: 80}")}}
  - {name: job, image: busybox, command: [sleep, "1000"], livenessProbe: ${probe('exec: {command: ["false"]}')}}
`);
    await saysEvent("probed", "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 404");
    await saysEvent("probed", "Killing", "Container job failed liveness probe, will be restarted");
    await eventually("the restart", async () => {
      const { status } = await cluster.get<Pod>("pod", "probed");
      const restarts = status?.containerStatuses?.map(({ name, restartCount }) => ({ name, again: restartCount > 0 }));
      assert.deepEqual(restarts, [
        { name: "job", again: true },
        { name: "web", again: false },
      ]);
    });
  });

  test("a pod waits for the objects it names", async () => {
    await cluster.apply(`
apiVersion: v1
kind: Pod
metadata: {name: needy}
spec:
  containers: [{name: a, image: nginx, envFrom: [{configMapRef: {name: later}}]}]
---
apiVersion: v1
kind: Pod
metadata: {name: claimless}
spec:
  containers: [{name: a, image: nginx}]
  volumes: [{name: v, persistentVolumeClaim: {claimName: none}}]
`);
    await showsStatus("needy", "CreateContainerConfigError");
    await saysEvent("needy", "Failed", 'Error: configmap "later" not found');
    const head = '0/2 nodes are available: persistentvolumeclaim "none" not found.';
    await saysEvent("claimless", "FailedScheduling", new RegExp(`^${head.replaceAll(".", "\\.")}`));
    await cluster.kubectl("create", "configmap", "later", "--from-literal=a=b");
    await cluster.kubectl("wait", "--for=condition=Ready", "pod/needy", "--timeout=60s");
  });

  async function showsStatus(name: string, status: string): Promise<void> {
    await eventually(`${name} shows ${status}`, async () =>
      assert.match(await cluster.kubectl("get", "pod", name), new RegExp(`^${name} +\\d/\\d +${status} `, "m")),
    );
  }

  async function saysEvent(name: string, reason: string, message: string | RegExp): Promise<void> {
    const path = "jsonpath={range .items[*]}{.message}{'\\n'}{end}";
    const selector = `involvedObject.name=${name},reason=${reason}`;
    await eventually(`${name}: ${reason}`, async () => {
      const messages = (await cluster.kubectl("get", "events", "--field-selector", selector, "-o", path)).split("\n");
      assert.ok(
        messages.some((text) => (typeof message === "string" ? text === message : message.test(text))),
        messages.join("\n"),
      );
    });
  }
});
