/** What kubectl does with running pods: logs, exec, terminals, copies, forwards, runs, waits and deletions. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Pod, Service } from "kubernetes-types/core/v1";
import { needsOwnClusters } from "#engines/choose.ts";
import type { Background } from "#kit/command.ts";
import { eventually } from "#kit/eventually.ts";
import { type OneCluster, takeCluster } from "#kit/one-cluster.ts";

const MANIFEST = `
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  containers:
  - name: web
    image: nginx
    ports: [{containerPort: 80, name: http}]
  - name: echo
    image: busybox
    command: [sh, -c, "echo first; echo second; while read line; do echo got $line; done; sleep 100000"]
    stdin: true
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 8080, targetPort: http}]}
`;

const CHANGING = `
apiVersion: v1
kind: Pod
metadata: {name: changing, labels: {colour: red}}
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 1
  containers:
  - {name: main, image: busybox, command: [sleep, "100000"]}
  - name: reads
    image: busybox
    command: [sleep, "100000"]
    volumeMounts: [{name: pod, mountPath: /etc/pod}]
  volumes:
  - name: pod
    downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}
`;

const BY_HAND = `
apiVersion: v1
kind: Service
metadata: {name: by-hand}
spec: {ports: [{port: 8000, targetPort: 80}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: by-hand}
subsets: [{addresses: [{ip: ADDRESS}], ports: [{port: 80}]}]
`;

describe("pods", { concurrency: 1, skip: needsOwnClusters() }, () => {
  let cluster: OneCluster;
  const kubectl = (...args: readonly string[]) => cluster.kubectl(...args);
  before(async () => {
    cluster = await takeCluster();
    await cluster.apply(MANIFEST);
    await cluster.kubectl("wait", "--for=condition=Ready", "pod/web", "--timeout=60s");
  });
  after(() => cluster?.[Symbol.asyncDispose]());

  test("logs: the tail, a time, a prefix, and following", async () => {
    await eventually("both lines", async () =>
      assert.equal(await kubectl("logs", "web", "-c", "echo"), "first\nsecond\n"),
    );
    assert.equal(await kubectl("logs", "web", "-c", "echo", "--tail=1"), "second\n");
    assert.equal(
      await kubectl("logs", "-l", "app=web", "-c", "echo", "--prefix", "--tail=1"),
      "[pod/web/echo] second\n",
    );
    assert.match(
      await kubectl("logs", "web", "-c", "echo", "--timestamps", "--tail=1"),
      /^\d{4}-\d\d-\d\dT[\d:.]+\S+ second$/m,
    );
    assert.equal(await kubectl("logs", "web", "-c", "echo", "--since-time=2999-01-01T00:00:00Z"), "");
    await using following = cluster.startKubectl("logs", "-f", "web", "-c", "echo", "--tail=1");
    await eventually("the last line", () => assert.equal(following.text, "second\n"));
    await kubectl("exec", "web", "-c", "echo", "--", "sh", "-c", "echo third > /proc/1/fd/1");
    await eventually("a new line", () => assert.equal(following.text, "second\nthird\n"));
  });

  test("logs of what is not there", async () => {
    assert.match(await cluster.refusal(["logs", "web", "-c", "nope"]), /container nope is not valid for pod web/);
    assert.match(
      await cluster.refusal(["logs", "web", "-c", "echo", "-p"]),
      /previous terminated container "echo" in pod "web" not found/,
    );
    assert.match(await cluster.refusal(["logs", "nope"]), /pods "nope" not found/);
  });

  test("exec: output, errors, input and the program's exit code", async () => {
    const { code, stdout, stderr } = await cluster.tryKubectl([
      "exec",
      "web",
      "-c",
      "web",
      "--",
      "sh",
      "-c",
      "echo out; echo err >&2; exit 3",
    ]);
    assert.deepEqual(
      { code, stdout, stderr },
      { code: 3, stdout: "out\n", stderr: "err\ncommand terminated with exit code 3\n" },
    );
    const piped = await cluster.tryKubectl(["exec", "-i", "web", "-c", "web", "--", "tr", "a-z", "A-Z"], {
      input: "quiet",
    });
    assert.equal(piped.stdout, "QUIET");
    assert.equal(await kubectl("exec", "web", "--", "hostname"), "web\n");
    assert.match(
      await cluster.refusal(["exec", "web", "--", "nosuch"]),
      /^error: Internal error occurred: .*OCI runtime exec failed: exec failed: unable to start container process: exec: "nosuch": executable file not found in \$PATH: unknown$/m,
    );
    assert.match(
      await cluster.refusal(["exec", "web", "-c", "nope", "--", "ls"]),
      /container nope is not valid for pod web/,
    );
  });

  test("exec -it gives a terminal", async () => {
    const command = "kubectl exec -it web -c web -- sh -c 'tty; test -t 0 && echo both ways'";
    const { stdout } = await cluster.run("script", ["-qec", command, "/dev/null"]);
    assert.match(stdout, /\/dev\/pts\/\d+/);
    assert.match(stdout, /both ways/);
  });

  test("many terminals that end at once leave the node alive", async () => {
    const command = "stty rows 40 cols 100; kubectl exec -it web -c web -- true";
    const ends = Array.from({ length: 12 }, () => cluster.run("script", ["-qec", command, "/dev/null"]));
    for (const { code, stdout } of await Promise.all(ends)) assert.equal(code, 0, stdout);
  });

  test("attach reaches the input of a container", async () => {
    // Whether it stays attached to the output when the input has ended is up to the runtime: the input goes on, and is cut off.
    const attach = "(echo hello; sleep 3) | timeout 2 kubectl attach -i web -c echo";
    const { stdout } = await cluster.run("sh", ["-c", attach]);
    assert.match(stdout, /got hello/);
    assert.match(await kubectl("logs", "web", "-c", "echo"), /got hello/);
  });

  test("debug puts a container beside those that run, and a pod on a node", async () => {
    await kubectl(
      "debug",
      "web",
      "--image=busybox",
      "-c",
      "quick",
      "--profile=general",
      "--",
      "wget",
      "-qO-",
      "localhost",
    );
    await eventually("the page in its log", async () =>
      assert.match(await kubectl("logs", "web", "-c", "quick"), /nginx/),
    );
    await eventually("its end in the pod's status", async () => {
      const { status } = await cluster.get<Pod>("pod", "web");
      assert.equal(status?.ephemeralContainerStatuses?.[0]?.state?.terminated?.exitCode, 0);
    });
    assert.match(await kubectl("get", "pod", "web"), /^web +2\/2 +Running +0 /m);
    const command = "kubectl debug -it web --image=busybox -c look --profile=general -- sh -c 'sleep 1; tty'";
    assert.match((await cluster.run("script", ["-qec", command, "/dev/null"])).stdout, /\/dev\/pts\/\d+/);
    const inside = ["-c", "inside", "--target=echo", "--profile=general", "--", "cat", "/proc/1/cmdline"];
    await kubectl("debug", "web", "--image=busybox", ...inside);
    await eventually("the target's first process", async () =>
      assert.match(await kubectl("logs", "web", "-c", "inside"), /echo first/),
    );
    const args = ["debug", "node/worker-node-1", "--image=busybox", "--profile=general", "--", "true"];
    assert.match((await cluster.tryKubectl(args)).stdout, /Creating debugging pod node-debugger-worker-node-1-/);
  });

  test("cp copies files and folders both ways", async () => {
    const source = cluster.file("letter", "dear pod\n");
    const folder = join(dirname(source), "tree/deep");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "leaf"), "green");
    await kubectl("cp", source, "web:/tmp/letter", "-c", "web");
    assert.equal(await kubectl("exec", "web", "--", "cat", "/tmp/letter"), "dear pod\n");
    await kubectl("cp", "web:/tmp/letter", `${source}.back`, "-c", "web");
    assert.equal(readFileSync(`${source}.back`, "utf8"), "dear pod\n");
    await kubectl("cp", dirname(folder), "default/web:/tmp/tree", "-c", "web");
    assert.equal(await kubectl("exec", "web", "--", "cat", "/tmp/tree/deep/leaf"), "green");
    await kubectl("cp", "web:/tmp/tree", `${source}-tree`, "-c", "web");
    assert.equal(readFileSync(join(`${source}-tree`, "deep/leaf"), "utf8"), "green");
  });

  test("port-forward to a pod and to a Service by its own port", async () => {
    for (const target of [
      ["pod/web", ":80"],
      ["service/web", ":8080"],
    ] as const) {
      await using forward = cluster.startKubectl("port-forward", ...target);
      const page = await (await fetch(await addressOf(forward))).text();
      assert.match(page, /nginx/, target[0]);
      assert.match(forward.text, /-> 80/);
    }
  });

  test("a pod reaches itself through its own Service, by name, address and node port", async () => {
    const { spec, status } = await cluster.get<Service>("service", "web");
    const { status: own } = await cluster.get<Pod>("pod", "web");
    const urls = [
      // Not `web` alone: that is the pod's own host name, in its /etc/hosts.
      "http://web.default:8080",
      `http://${status?.loadBalancer?.ingress?.[0]?.ip}:8080`,
      `http://${own?.hostIP}:${spec?.ports?.[0]?.nodePort}`,
    ];
    for (const url of urls) {
      const answer = await kubectl("exec", "web", "-c", "web", "--", "curl", "-sS", "--max-time", "5", url);
      assert.match(answer, /nginx/, url);
    }
  });

  test("run: with output and removed, with a terminal, exposed", async () => {
    const { stdout } = await cluster.tryKubectl(
      ["run", "say", "--image=busybox", "--restart=Never", "--rm", "-i", "--", "cat"],
      { input: "said\n" },
    );
    assert.match(stdout, /^said$/m);
    assert.match(stdout, /pod "say" deleted/);
    const command = "kubectl run term --image=busybox --restart=Never --rm -it -- sh -c 'sleep 1; tty'";
    assert.match((await cluster.run("script", ["-qec", command, "/dev/null"])).stdout, /\/dev\/pts\/\d+/);
    const made = await kubectl("run", "shown", "--image=nginx", "--port=80", "--expose", "--labels=run=shown");
    assert.equal(made, "service/shown created\npod/shown created\n");
    await kubectl("delete", "pod,service", "shown");
  });

  test("wait ends with the condition, the value, the deletion or the time", async () => {
    await kubectl("run", "ends", "--image=busybox", "--restart=Never", "--", "sh", "-c", "exit 4");
    assert.equal(
      await kubectl("wait", "pod/ends", "--for=jsonpath={.status.phase}=Failed", "--timeout=30s"),
      "pod/ends condition met\n",
    );
    assert.match(await kubectl("get", "pod", "ends"), /^ends +0\/1 +Error +0 /m);
    assert.equal(
      await cluster.refusal(["wait", "pod/ends", "--for=condition=Ready", "--timeout=1s"]),
      "error: timed out waiting for the condition on pods/ends\n",
    );
    await kubectl("delete", "pod", "ends", "--wait=false");
    await kubectl("wait", "pod/ends", "--for=delete", "--timeout=30s");
    assert.match(await cluster.refusal(["wait", "pod/ends", "--for=condition=Ready"]), /pods "ends" not found/);
  });

  test("delete: by label, at once, with a grace period, and of nothing", async () => {
    for (const name of ["a", "b", "c"])
      await kubectl("run", name, "--image=busybox", "--labels=set=all", "--", "sleep", "100000");
    await kubectl("wait", "--for=condition=Ready", "pod", "-l", "set=all", "--timeout=30s");
    assert.equal(await kubectl("delete", "pod", "a", "--grace-period=1"), 'pod "a" deleted from default namespace\n');
    assert.equal(await kubectl("delete", "pod", "b", "--force"), 'pod "b" force deleted from default namespace\n');
    assert.equal(await kubectl("delete", "pod", "-l", "set=all", "--now"), 'pod "c" deleted from default namespace\n');
    assert.equal(await kubectl("get", "pods", "-l", "set=all"), "");
    assert.match(await cluster.refusal(["delete", "pod", "a"]), /pods "a" not found/);
    assert.equal(await kubectl("delete", "pod", "a", "--ignore-not-found"), "");
  });

  test("volumes follow the pod's labels, and its containers their images", async () => {
    await cluster.apply(CHANGING);
    await kubectl("wait", "--for=condition=Ready", "pod/changing", "--timeout=30s");
    await kubectl("label", "pod", "changing", "colour=green", "--overwrite");
    await eventually("the new label", async () =>
      assert.match(await kubectl("exec", "changing", "-c", "reads", "--", "cat", "/etc/pod/labels"), /colour="green"/),
    );
    assert.match(await kubectl("set", "image", "pod/changing", "main=alpine:3"), /image updated/);
    await eventually("the new image", async () => {
      const columns = "-o=jsonpath={range .status.containerStatuses[*]}{.name} {.image} {.restartCount} {.ready};{end}";
      const main = /main \S*alpine:3 1 true;/;
      const shown = await kubectl("get", "pod", "changing", columns);
      assert.match(shown, main);
      assert.match(shown, /reads \S+ 0 true;/);
    });
    assert.match(await kubectl("describe", "pod", "changing"), /Container main definition changed, will be restarted/);
    await kubectl("delete", "pod", "changing", "--now");
  });

  test("a pod whose name is too long for a folder says why it does not start", async () => {
    const name = "x".repeat(230);
    const spec = { containers: [{ name: "c", image: "busybox", command: ["true"] }] };
    await cluster.apply(JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name }, spec }));
    await eventually("the reason is told", async () => {
      const events = await kubectl("get", "events", "--field-selector", `involvedObject.name=${name}`);
      assert.match(events, /FailedCreatePodSandBox .*Failed to create pod sandbox: mkdir .*: file name too long/);
    });
    await kubectl("delete", "pod", name, "--now");
  });

  test("a Service without selector reaches what its Endpoints say", async () => {
    const ip = await kubectl("get", "pod", "web", "-o=jsonpath={.status.podIP}");
    await cluster.apply(BY_HAND.replace("ADDRESS", ip));
    const ask = ["exec", "web", "-c", "echo", "--", "wget", "-qO-", "-T", "3", "http://by-hand:8000"];
    await eventually("the page", async () => assert.match(await kubectl(...ask), /Welcome to nginx/));
    // With the Service its Endpoints go, by hand or not.
    await kubectl("delete", "service,endpoints", "by-hand", "--ignore-not-found");
    await eventually("no slice", async () =>
      assert.equal(await kubectl("get", "endpointslices", "-l", "kubernetes.io/service-name=by-hand"), ""),
    );
  });

  test("get -w shows a pod's life as it goes on", async () => {
    await using watching = cluster.startKubectl("get", "pods", "-w");
    await eventually("what is there already", () => assert.match(watching.text, /^NAME /m));
    await kubectl("run", "seen", "--image=busybox", "--restart=Never", "--", "true");
    await eventually("each step", () => {
      for (const step of ["Pending", "ContainerCreating", "Completed"])
        assert.match(watching.text, new RegExp(`^seen +0/1 +${step} +0 `, "m"), step);
    });
    await kubectl("delete", "pod", "seen");
    await eventually("nothing more", async () =>
      assert.equal(await kubectl("get", "pods", "--field-selector=metadata.name=seen"), ""),
    );
  });
});

function addressOf(forward: Background): Promise<string> {
  return eventually("the forward listens", () => {
    const address = /Forwarding from (127\.0\.0\.1:\d+)/.exec(forward.text)?.[1];
    assert.ok(address, forward.text);
    return `http://${address}`;
  });
}
