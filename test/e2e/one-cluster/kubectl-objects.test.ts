/** Objects as kubectl makes, shows, changes and explains them. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Deployment } from "kubernetes-types/apps/v1";
import type { ConfigMap, Service } from "kubernetes-types/core/v1";
import { machineOf, needsOwnClusters } from "#engines/choose.ts";
import { eventually } from "#kit/eventually.ts";
import { type OneCluster, takeCluster } from "#kit/one-cluster.ts";

const MANIFEST = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: nginx, volumeMounts: [{name: settings, mountPath: /etc/settings}]}
      volumes: [{name: settings, configMap: {name: settings}}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {color: red}
`;

/** Arguments of `create` and what it prints. */
const GENERATORS: readonly [string, string][] = [
  ["namespace extra", "namespace/extra"],
  ["configmap words --from-literal=a=b", "configmap/words"],
  ["secret generic key --from-literal=k=v", "secret/key"],
  ["secret docker-registry login --docker-server=x.io --docker-username=u --docker-password=p", "secret/login"],
  ["serviceaccount robot", "serviceaccount/robot"],
  ["role reader --verb=get,list --resource=pods", "role.rbac.authorization.k8s.io/reader"],
  ["rolebinding readers --role=reader --serviceaccount=default:robot", "rolebinding.rbac.authorization.k8s.io/readers"],
  ["clusterrole watcher --verb=get --resource=nodes", "clusterrole.rbac.authorization.k8s.io/watcher"],
  [
    "clusterrolebinding watchers --clusterrole=watcher --user=jane",
    "clusterrolebinding.rbac.authorization.k8s.io/watchers",
  ],
  ["service clusterip inside --tcp=80:80", "service/inside"],
  ["service nodeport outside --tcp=80:80", "service/outside"],
  ["service loadbalancer front --tcp=80:80", "service/front"],
  ["service externalname alias --external-name=example.com", "service/alias"],
  ["quota limits --hard=pods=50", "resourcequota/limits"],
  ["priorityclass high --value=1000", "priorityclass.scheduling.k8s.io/high"],
  ["poddisruptionbudget guard --selector=app=web --min-available=1", "poddisruptionbudget.policy/guard"],
  ["ingress entry --rule=shop.example/path=web:80", "ingress.networking.k8s.io/entry"],
  ["cronjob nightly --image=busybox --schedule=@daily", "cronjob.batch/nightly"],
];

describe("objects", { concurrency: 1, skip: needsOwnClusters() }, () => {
  let cluster: OneCluster;
  const kubectl = (...args: readonly string[]) => cluster.kubectl(...args);
  before(async () => {
    cluster = await takeCluster();
  });
  after(() => cluster?.[Symbol.asyncDispose]());

  test("apply creates, then finds nothing to change, and the server can take over the same fields", async () => {
    assert.equal(
      await cluster.apply(MANIFEST),
      "deployment.apps/web created\nservice/web created\nconfigmap/settings created\n",
    );
    assert.equal(
      await cluster.apply(MANIFEST),
      "deployment.apps/web unchanged\nservice/web unchanged\nconfigmap/settings unchanged\n",
    );
    assert.equal(
      await cluster.apply(MANIFEST, "--server-side"),
      "deployment.apps/web serverside-applied\nservice/web serverside-applied\nconfigmap/settings serverside-applied\n",
    );
    await kubectl("rollout", "status", "deployment/web", "--timeout=60s");
  });

  test("server-side apply refuses fields of another manager and takes them by force", async () => {
    const map = (color: string) =>
      `{apiVersion: v1, kind: ConfigMap, metadata: {name: owned}, data: {color: ${color}}}`;
    await cluster.apply(map("red"), "--server-side", "--field-manager=anna");
    const path = cluster.file("blue.yaml", map("blue"));
    const args = ["apply", "-f", path, "--server-side", "--field-manager=bert"];
    assert.match(await cluster.refusal(args), /Apply failed with 1 conflict: conflict with "anna": \.data\.color/);
    await kubectl(...args, "--force-conflicts");
    assert.equal((await cluster.get<ConfigMap>("configmap", "owned")).data?.["color"], "blue");
  });

  test("create makes every kind that it has a generator for", async () => {
    for (const [args, says] of GENERATORS)
      assert.equal(await kubectl("create", ...args.split(" ")), `${says} created\n`);
    assert.match(await cluster.refusal(["create", "configmap", "words"]), /configmaps "words" already exists/);
    assert.match(await kubectl("create", "token", "robot"), /^[\w-]+\.[\w-]+\.[\w-]+/);
  });

  test("get prints tables, names, paths and columns, selected and sorted", async () => {
    assert.match(
      await kubectl("get", "service", "web"),
      /^NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE\nweb +ClusterIP +[\d.]+ +<none> +80\/TCP +\d+s\n$/,
    );
    assert.match(
      await kubectl("get", "deployment", "web", "-o", "wide"),
      /CONTAINERS +IMAGES +SELECTOR\n.* web +nginx +app=web/,
    );
    assert.match(await kubectl("get", "service", "alias"), /^alias +ExternalName +<none> +example\.com +<none> /m);
    assert.match(
      await kubectl("get", "cronjob", "-o", "wide"),
      /CONTAINERS +IMAGES +SELECTOR\nnightly .* nightly +busybox +<none>$/m,
    );
    assert.equal(await kubectl("get", "service", "web", "-o", "name"), "service/web\n");
    assert.equal(await kubectl("get", "configmap", "words", "-o", "jsonpath={.data.a}"), "b");
    const columns = "custom-columns=NAME:.metadata.name,KEY:.data.a";
    assert.equal(await kubectl("get", "configmap", "words", "-o", columns), "NAME    KEY\nwords   b\n");
    const sorted = await kubectl(
      "get",
      "services",
      "-l",
      "app in (inside,outside,front)",
      "--sort-by=.metadata.name",
      "-o",
      "name",
    );
    assert.equal(sorted, "service/front\nservice/inside\nservice/outside\n");
    assert.match(await cluster.refusal(["get", "pods", "--field-selector=a=b"]), /field label not supported: a\n$/);
    assert.match(await kubectl("get", "all", "-A"), /default +deployment\.apps\/web +1\/1/);
  });

  test("describe knows every kind that there is", async () => {
    const kinds = (await kubectl("api-resources", "--verbs=list", "-o", "name")).trim().split("\n");
    const names = await Promise.all(kinds.map((kind) => kubectl("get", kind, "-A", "--no-headers", "-o", "name")));
    const present = kinds.filter((_, index) => names[index] !== "");
    assert.ok(present.length > 20, present.join(" "));
    for (const kind of present) assert.match(await kubectl("describe", kind, "-A"), /^Name: +\S/m, kind);
    assert.match(await kubectl("describe", "service", "kubernetes"), /Endpoints: +[\d.]+:6443/);
    assert.match(
      await kubectl("describe", "pod", "-l", "app=web"),
      /default-scheduler +Successfully assigned[\s\S]+Pulling[\s\S]+Pulled[\s\S]+Created[\s\S]+Started/,
    );
    assert.match(await kubectl("describe", "quota", "limits"), /pods +1 +50/);
  });

  test("labels and annotations are put, guarded and taken", async () => {
    assert.equal(await kubectl("label", "configmap", "words", "tier=one"), "configmap/words labeled\n");
    assert.match(
      await cluster.refusal(["label", "configmap", "words", "tier=two"]),
      /already has a value \(one\), and --overwrite is false/,
    );
    assert.equal(await kubectl("get", "configmap", "-l", "tier=one", "-o", "name"), "configmap/words\n");
    assert.equal(await kubectl("label", "configmap", "words", "tier-"), "configmap/words unlabeled\n");
    assert.equal(await kubectl("annotate", "configmap", "words", "note=hi"), "configmap/words annotated\n");
  });

  test("patch in three ways", async () => {
    const patch = (...args: readonly string[]) => kubectl("patch", "deployment", "web", ...args);
    const env = '{"spec":{"template":{"spec":{"containers":[{"name":"web","env":[{"name":"A","value":"1"}]}]}}}}';
    assert.equal(await patch("-p", env), "deployment.apps/web patched\n");
    // kubectl compares whole objects, and a rollout changes the status meanwhile.
    await eventually("the same patch changes nothing", async () =>
      assert.equal(await patch("-p", env), "deployment.apps/web patched (no change)\n"),
    );
    await patch("--type=merge", "-p", '{"metadata":{"labels":{"merged":"yes"}}}');
    await patch(
      "--type=json",
      "-p",
      '[{"op":"replace","path":"/spec/template/spec/containers/0/env/0/value","value":"2"}]',
    );
    const { metadata, spec } = await cluster.get<Deployment>("deployment", "web");
    assert.equal(metadata?.labels?.["merged"], "yes");
    const [container] = spec?.template.spec?.containers ?? [];
    assert.deepEqual([container?.image, container?.env], ["nginx", [{ name: "A", value: "2" }]]);
    assert.equal(
      await patch("--subresource=scale", "--type=merge", "-p", '{"spec":{"replicas":2}}'),
      "scale.autoscaling/web patched\n",
    );
  });

  test("diff shows what apply would change, and edit and replace change it", async () => {
    const wanted = cluster.file(
      "diff.yaml",
      "{apiVersion: v1, kind: ConfigMap, metadata: {name: words}, data: {a: c}}",
    );
    const { code, stdout } = await cluster.tryKubectl(["diff", "-f", wanted]);
    assert.equal(code, 1);
    assert.match(stdout, /^- {2}a: b\n\+ {2}a: c$/m);
    const edited = await cluster.tryKubectl(["edit", "configmap", "words"], {
      env: { KUBE_EDITOR: "sed -i s/a:.b/a:\\ d/" },
    });
    assert.deepEqual([edited.code, edited.stdout], [0, "configmap/words edited\n"]);
    assert.equal(await kubectl("get", "configmap", "words", "-o", "jsonpath={.data.a}"), "d");
    assert.equal(await kubectl("replace", "-f", wanted), "configmap/words replaced\n");
    assert.equal((await cluster.tryKubectl(["diff", "-f", wanted])).code, 0);
  });

  test("explain, api-resources and api-versions describe what is served", async () => {
    assert.match(await kubectl("explain", "pod.spec.containers.image"), /^FIELD: image <string>$/m);
    assert.match(await kubectl("explain", "deployment", "--recursive"), /^ {4}strategy\t<DeploymentStrategy>$/m);
    assert.match(await kubectl("api-resources"), /^events +ev +events\.k8s\.io\/v1 +true +Event$/m);
    assert.match(await kubectl("api-versions"), /^rbac\.authorization\.k8s\.io\/v1$/m);
    assert.ok((await kubectl("version")).includes(`\nServer Version: ${machineOf(cluster.clusters.engine).version}.`));
    // After the control plane, each Service that is marked as the cluster's; genuine nodes have a DNS without a Service.
    const marked = await cluster.get<{ items: Service[] }>(
      "services",
      "-A",
      "-l",
      "kubernetes.io/cluster-service=true",
    );
    const names = ["control plane", ...marked.items.map(({ metadata }) => metadata?.labels?.["kubernetes.io/name"])];
    const info = await kubectl("cluster-info");
    for (const name of names) assert.match(info, new RegExp(`${name} is running at https:`));
    assert.match(await cluster.refusal(["top", "nodes"]), /Metrics API not available/);
  });

  test("a custom kind is served, explained, validated and printed as its definition says", async () => {
    await cluster.apply(WIDGETS);
    await kubectl("wait", "--for=condition=Established", "crd/widgets.example.com", "--timeout=30s");
    assert.match(
      await eventually("explain", () => kubectl("explain", "widget.spec")),
      /size\t<integer> -required-\n {4}How large\./,
    );
    const widget = (spec: string) =>
      cluster.file("widget.yaml", `{apiVersion: example.com/v1, kind: Widget, metadata: {name: w}, spec: ${spec}}`);
    await kubectl("apply", "-f", widget("{size: 3}"));
    assert.equal(await kubectl("get", "wd"), "NAME   SIZE   COLOR\nw      3      red\n");
    assert.match(
      await cluster.refusal(["apply", "-f", widget("{size: 30}")]),
      /spec\.size in body should be less than or equal to 9/,
    );
    assert.match(await cluster.refusal(["apply", "-f", widget("{size: 7}")]), /seven is unlucky/);
    assert.match(
      await cluster.refusal(["apply", "-f", widget("{size: 1, foo: 2}")]),
      /strict decoding error: unknown field "spec\.foo"/,
    );
    await kubectl("delete", "crd", "widgets.example.com");
  });

  test("events are seen alike in both of their groups", async () => {
    const selector = "involvedObject.kind=Deployment";
    const core = await kubectl("get", "events", "--field-selector", selector, "-o", "jsonpath={.items[0].message}");
    const other = "jsonpath={.items[0].note}|{.items[0].regarding.name}|{.items[0].reportingController}";
    const view = await kubectl(
      "get",
      "events.v1.events.k8s.io",
      "--field-selector",
      "regarding.kind=Deployment",
      "-o",
      other,
    );
    assert.equal(view, `${core}|web|deployment-controller`);
    assert.match(
      await kubectl("events", "--for", "deployment/web"),
      /Normal +ScalingReplicaSet +Deployment\/web +Scaled up/,
    );
  });

  test("rights can be asked about, and a certificate request gives a user", async () => {
    const robot = "--as=system:serviceaccount:default:robot";
    assert.equal(await kubectl("auth", "can-i", "list", "pods", robot), "yes\n");
    assert.equal((await cluster.tryKubectl(["auth", "can-i", "delete", "pods", robot])).stdout, "no\n");
    assert.match(await kubectl("auth", "can-i", "--list", robot), /^pods +\[\] +\[\] +\[get list\]$/m);
    assert.match(await kubectl("auth", "whoami"), /^Username +kubernetes-admin$/m);
    const key = cluster.file("jane.key", "");
    const request = `${key}.csr`;
    await cluster.run("openssl", [
      "req",
      "-new",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-keyout",
      key,
      "-out",
      request,
      "-subj",
      "/CN=jane",
    ]);
    const { stdout } = await cluster.run("base64", ["-w0", request]);
    await cluster.apply(`{apiVersion: certificates.k8s.io/v1, kind: CertificateSigningRequest, metadata: {name: jane},
      spec: {request: ${stdout}, signerName: kubernetes.io/kube-apiserver-client, usages: [client auth]}}`);
    assert.match(await kubectl("get", "csr", "jane"), / Pending$/m);
    await kubectl("certificate", "approve", "jane");
    const certificate = await eventually("the certificate", async () => {
      const text = await kubectl("get", "csr", "jane", "-o", "jsonpath={.status.certificate}");
      assert.notEqual(text, "");
      return cluster.file("jane.crt", Buffer.from(text, "base64").toString());
    });
    assert.match(await kubectl("get", "csr", "jane"), / Approved,Issued$/m);
    const whoami = await kubectl("auth", "whoami", `--client-certificate=${certificate}`, `--client-key=${key}`);
    assert.match(whoami, /^Username +jane$/m);
  });
});

const WIDGETS = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  names: {kind: Widget, plural: widgets, singular: widget, shortNames: [wd]}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    additionalPrinterColumns:
    - {name: Size, type: integer, jsonPath: .spec.size}
    - {name: Color, type: string, jsonPath: .spec.color}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            required: [size]
            properties:
              size: {type: integer, minimum: 1, maximum: 9, description: How large.}
              color: {type: string, default: red}
            x-kubernetes-validations: [{rule: "self.size != 7", message: seven is unlucky}]
`;
