/**
 * Offloaded pods are as pods at home: Liqo's first example (nginx here and there behind one Service), what is copied
 * with them, and what kubectl shows of them.
 */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Node, Pod, Service } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import type { Clusters } from "#kit/clusters.ts";
import { output } from "#kit/command.ts";
import { eventually } from "#kit/eventually.ts";
import { takePeered } from "#kit/shared-clusters.ts";
import { Shopper } from "#kit/shopper.ts";

const EXAMPLE = join(import.meta.dirname, "../../../docs/examples/hello-world.yaml");
const NAMESPACE = "liqo-demo";
const TWIN = "liqo-demo-milan";
const PODS = ["nginx-local", "nginx-remote"] as const;
/** Mounts a ConfigMap and a Secret, on the other side. */
const READER = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "reader" },
  spec: {
    nodeSelector: { "liqo.io/type": "virtual-node" },
    terminationGracePeriodSeconds: 1,
    volumes: [
      { name: "settings", configMap: { name: "settings" } },
      { name: "credentials", secret: { secretName: "credentials" } },
    ],
    containers: [
      {
        name: "reader",
        image: "busybox",
        command: ["sh", "-c", "echo started; sleep 1; echo oops >&2; exec sleep 3600"],
        volumeMounts: [
          { name: "settings", mountPath: "/settings" },
          { name: "credentials", mountPath: "/credentials" },
        ],
      },
    ],
  },
};

const ON_VIRTUAL_NODE = JSON.stringify({
  spec: { nodeSelector: { "liqo.io/type": "virtual-node" }, terminationGracePeriodSeconds: 1 },
});

/** Echoes on UDP and TCP port 7. */
const ECHO = `
const server = require("node:dgram").createSocket("udp4", (message, peer) => server.send(message, peer.port, peer.address));
server.bind(7);
require("node:net").createServer((socket) => socket.pipe(socket)).listen(7);`;
/** Arguments: protocol, host. Prints what comes back, or fails after a second. */
const ASK = `
const [protocol, host] = process.argv.slice(1);
const print = (data) => { process.stdout.write(String(data)); process.exit(0); };
setTimeout(() => process.exit(1), 1000);
if (protocol === "tcp") require("node:net").connect(7, host).on("data", print).write("hello over tcp");
else require("node:dgram").createSocket("udp4").on("message", print).send("hello over udp", 7, host);`;

describe("offloaded pods", { concurrency: 1 }, () => {
  let clusters: Clusters;
  before(async () => {
    clusters = await takePeered();
    await clusters.kubectl("milan", "create", "namespace", NAMESPACE);
    await clusters.liqoctl("offload", "namespace", NAMESPACE, "--context", "milan");
  });
  after(() => clusters?.[Symbol.asyncDispose]());
  const milan = (...args: readonly string[]) => clusters.kubectl("milan", "-n", NAMESPACE, ...args);
  const rome = (...args: readonly string[]) => clusters.kubectl("rome", "-n", TWIN, ...args);

  test("an affinity puts one nginx on a worker and one on the virtual node", async () => {
    await milan("apply", "-f", EXAMPLE);
    await milan("wait", "--for=condition=Ready", ...PODS.map((name) => `pod/${name}`), "--timeout=60s");
    const [local, remote] = await Promise.all(
      PODS.map((name) => clusters.get<Pod>("milan", "pod", name, "-n", NAMESPACE)),
    );
    assert.match(local?.spec?.nodeName ?? "", /^worker-node-/);
    assert.equal(remote?.spec?.nodeName, "liqo-rome");
    const twin = await clusters.get<Pod>("rome", "pod", "nginx-remote", "-n", TWIN);
    assert.match(twin.spec?.nodeName ?? "", /^worker-node-/);
    assert.notEqual(
      twin.status?.podIP,
      remote?.status?.podIP,
      "both clusters use the same CIDR: home sees another address",
    );
  });

  test("both answer through one Service from the host, from a local and from a remote pod", async () => {
    await milan(
      "expose",
      "service",
      "liqo-demo",
      "--name=outside",
      "--type=NodePort",
      "--port=80",
      "--target-port=web",
    );
    const { spec } = await clusters.get<Service>("milan", "service", "outside", "-n", NAMESPACE);
    const { items } = await clusters.get<{ items: Node[] }>("milan", "nodes", "-l", "liqo.io/type!=virtual-node");
    const urls = items.map(({ status }) => {
      const address = status?.addresses?.find(({ type }) => type === "InternalIP")?.address;
      return `http://${address}:${spec?.ports?.[0]?.nodePort}`;
    });
    assert.equal(urls.length, 2);
    for (const url of urls) await answeredByBoth(milan, () => new Shopper(url).visit("/").then(({ text }) => text));
    for (const pod of PODS)
      await answeredByBoth(milan, () =>
        milan("exec", pod, "--", "curl", "-sS", "--max-time", "5", "http://liqo-demo/"),
      );
  });

  test("UDP and TCP reach a pod by its address and by its Service from every side", async () => {
    const sides = ["local", "remote"] as const;
    for (const side of sides) await applyJson(milan, echoPod(side));
    await milan("wait", "--for=condition=Ready", ...sides.map((side) => `pod/echo-${side}`), "--timeout=60s");
    for (const side of sides) {
      await milan("expose", "pod", `echo-${side}`, "--name", `echo-${side}`, "--port=7", "--protocol=UDP");
      await milan("expose", "pod", `echo-${side}`, "--name", `echo-${side}-tcp`, "--port=7", "--protocol=TCP");
    }
    for (const from of sides) {
      for (const to of sides.filter((side) => side !== from)) {
        const home = await clusters.get<Pod>("milan", "pod", `echo-${to}`, "-n", NAMESPACE);
        // Seen from the other cluster, a pod at home has the address that its reflected endpoint carries.
        const address = from === "local" ? home.status?.podIP : await reflectedAddress(clusters, `echo-${to}-tcp`);
        for (const host of [address ?? "", `echo-${to}`]) {
          const say = (protocol: string, name: string) =>
            milan("exec", `echo-${from}`, "--", "node", "-e", ASK, protocol, name);
          await eventually(`${host} echoes to ${from} over UDP`, async () => {
            assert.equal(await say("udp", host), "hello over udp");
          });
          const stream = host === `echo-${to}` ? `${host}-tcp` : host;
          assert.equal(await say("tcp", stream), "hello over tcp");
        }
      }
    }
    await milan("delete", "pod,service", "-l", "app=echo");
  });

  test("a ConfigMap and a Secret appear, change and vanish in the twin, and a remote pod sees the change", async () => {
    await milan("create", "configmap", "settings", "--from-literal=colour=blue");
    await milan("create", "secret", "generic", "credentials", "--from-literal=password=one");
    await applyJson(milan, READER);
    await milan("wait", "--for=condition=Ready", "pod/reader", "--timeout=60s");
    const read = () => milan("exec", "reader", "--", "cat", "/settings/colour", "/credentials/password");
    assert.equal(await read(), "blueone");
    await milan("patch", "configmap", "settings", "--type=merge", "-p", '{"data":{"colour":"green"}}');
    await milan("patch", "secret", "credentials", "--type=merge", "-p", '{"stringData":{"password":"two"}}');
    await eventually(
      "the twin has the change",
      async () => {
        assert.equal(await rome("get", "configmap", "settings", "-o", "jsonpath={.data.colour}"), "green");
      },
      5_000,
    );
    // A kubelet looks again within its sync period.
    await eventually("the mounted files have changed", async () => assert.equal(await read(), "greentwo"), 120_000);
    await milan("delete", "configmap/settings", "secret/credentials");
    await eventually(
      "the twin has neither",
      async () => {
        const left = await rome("get", "configmaps,secrets", "-o", "name");
        assert.doesNotMatch(left, /settings|credentials/);
      },
      5_000,
    );
  });

  test("logs, exec, cp, describe and events of a remote pod are as of a local one", async () => {
    await eventually("both lines are logged", async () =>
      assert.equal(await milan("logs", "reader"), "started\noops\n"),
    );
    assert.equal(await milan("logs", "reader", "--tail=1"), "oops\n");
    const piped = await clusters.tryKubectl(
      "milan",
      ["-n", NAMESPACE, "exec", "-i", "reader", "--", "sh", "-c", "cat; exit 7"],
      {
        input: "through\n",
      },
    );
    assert.deepEqual([piped.code, piped.stdout], [7, "through\n"]);
    const terminal = `kubectl --context milan -n ${NAMESPACE} exec -it reader -- sh -c "tty; stty size"`;
    const screen = await output("script", ["-qec", terminal, "/dev/null"], { env: clusters.engine.env });
    assert.match(screen, /\/dev\/(pts\/\d+|console)/);
    await copyBothWays(milan);
    const shown = await milan("describe", "pod", "reader");
    assert.match(shown, /^Node: +liqo-rome\//m);
    assert.match(shown, /^Status: +Running$/m);
    assert.match(shown, /SuccessfulReflection/);
    const events = await milan("get", "events", "--field-selector", "involvedObject.name=reader");
    for (const reason of ["Scheduled", "SuccessfulReflection", "Pulled", "Started"])
      assert.match(events, new RegExp(reason));
  });

  test("port-forward reaches a remote pod", async () => {
    await using forward = clusters.startKubectl("milan", "port-forward", "-n", NAMESPACE, "pod/nginx-remote", ":80");
    const port = await eventually("port-forward listens", () => {
      const [, found] = /Forwarding from 127\.0\.0\.1:(\d+) -> 80/.exec(forward.text) ?? [];
      assert.ok(found, forward.text);
      return found;
    });
    for (let i = 0; i < 3; i++) assert.match((await new Shopper(`http://127.0.0.1:${port}`).visit("/")).text, /nginx/);
  });

  test("restarts and the end of a remote pod are seen at home", async () => {
    await applyJson(milan, crashing());
    await eventually("it is shown in CrashLoopBackOff with restarts", async () => {
      assert.match(await milan("get", "pod", "crashing"), /crashing +0\/1 +(CrashLoopBackOff|Error) +[1-9]/);
    });
    // The kubelet keeps one dead container; between a restart and the status that tells of it, that is not the one named.
    await eventually("the logs of the last run are shown", async () => {
      assert.match(await milan("logs", "crashing", "-p"), /about to fail/);
    });
    await milan("delete", "pod", "crashing", "reader", "nginx-local", "nginx-remote");
    await eventually("the twin has no pods", async () => assert.equal(await rome("get", "pods", "-o", "name"), ""));
  });

  test("a remote pod is debugged, changed and told its namespace as a local one", async () => {
    await milan("run", "followed", "--image=busybox", `--overrides=${ON_VIRTUAL_NODE}`, "--", "sleep", "3600");
    await milan("wait", "--for=condition=Ready", "pod/followed", "--timeout=60s");
    const named = "cat /var/run/secrets/kubernetes.io/serviceaccount/namespace";
    assert.equal(await milan("exec", "followed", "--", "sh", "-c", named), NAMESPACE);
    const debug = ["debug", "followed", "--image=busybox", "--target=followed"];
    // It asks for a capability that twin namespaces do not give.
    await milan(...debug, "--container=tracer", "--profile=general", "--", "true");
    await eventually("the refusal is told", async () => {
      const events = await milan("get", "events", "--field-selector", "involvedObject.name=followed");
      assert.match(events, /FailedUpdatePod .*violates PodSecurity "baseline:latest": non-default capabilities/);
    });
    await milan(...debug, "--container=dbg", "--profile=baseline", "--", "sh", "-c", "echo looked; exit 3");
    await eventually("how the debugging container ended is known", async () => {
      const { status } = await clusters.get<Pod>("milan", "pod", "-n", NAMESPACE, "followed");
      const looked = status?.ephemeralContainerStatuses?.find(({ name }) => name === "dbg");
      assert.equal(looked?.state?.terminated?.exitCode, 3);
    });
    assert.match(await milan("logs", "followed", "-c", "dbg"), /^looked$/m);
    await milan("set", "image", "pod/followed", "followed=nginx");
    await eventually("the other image runs", async () => {
      const { status } = await clusters.get<Pod>("milan", "pod", "-n", NAMESPACE, "followed");
      const [container] = status?.containerStatuses ?? [];
      assert.ok((container?.restartCount ?? 0) > 0 && container?.image.includes("nginx"), JSON.stringify(container));
    });
    await milan("patch", "pod", "followed", "-p", '{"spec":{"activeDeadlineSeconds":1}}');
    await eventually("the pod ends at its deadline, with its containers", async () => {
      const { status } = await clusters.get<Pod>("milan", "pod", "-n", NAMESPACE, "followed");
      assert.deepEqual([status?.phase, status?.reason], ["Failed", "DeadlineExceeded"]);
      assert.equal(status?.containerStatuses?.[0]?.ready, false);
    });
    await milan("delete", "pod", "followed", "--now");
  });

  test("a pod that the provider refuses says so at home, and runs once it may", async () => {
    await rome("create", "quota", "full", "--hard=pods=0");
    await milan("run", "late", "--image=busybox", `--overrides=${ON_VIRTUAL_NODE}`, "--", "sleep", "3600");
    await eventually("kubectl tells", async () => {
      assert.match(await milan("get", "pod", "late"), /late +0\/1 +OffloadingRefused/);
      const described = await milan("describe", "pod", "late");
      assert.match(described, /Warning +FailedCreate .*exceeded quota: full, requested: pods=1, used: pods=0/);
    });
    await rome("delete", "resourcequota", "full");
    await milan("wait", "--for=condition=Ready", "pod/late", "--timeout=60s");
    await milan("delete", "pod", "late", "--now");
  });

  test("un-offloading removes the twin", async () => {
    await clusters.liqoctl("unoffload", "namespace", NAMESPACE, "--context", "milan", "--skip-confirm");
    const { code, stderr } = await clusters.tryKubectl("rome", ["get", "namespace", TWIN]);
    assert.equal(code, 1);
    assert.match(stderr, /Error from server \(NotFound\): namespaces "liqo-demo-milan" not found/);
  });
});

/** Asks until each pod has served: every answer must be nginx's, and each pod's access log must show requests. */
async function answeredByBoth(
  milan: (...args: readonly string[]) => Promise<string>,
  ask: () => Promise<string>,
): Promise<void> {
  const served = async (): Promise<number[]> =>
    Promise.all(PODS.map(async (pod) => (await milan("logs", pod)).split("\n").length));
  const before = await served();
  await eventually("each of the two has answered", async () => {
    for (let i = 0; i < 6; i++) assert.match(await ask(), /nginx/);
    const now = await served();
    for (const [i, count] of now.entries()) assert.ok(count > (before[i] ?? 0), `${PODS[i]} has served none`);
  });
}

async function applyJson(milan: (...args: readonly string[]) => Promise<string>, object: object): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "liqo-e2e-file-"));
  try {
    const file = join(folder, "object.json");
    writeFileSync(file, JSON.stringify(object));
    await milan("apply", "-f", file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function copyBothWays(milan: (...args: readonly string[]) => Promise<string>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "liqo-e2e-file-"));
  try {
    writeFileSync(join(folder, "there"), "some text\n");
    await milan("cp", join(folder, "there"), "reader:/tmp/copied");
    assert.equal(await milan("exec", "reader", "--", "cat", "/tmp/copied"), "some text\n");
    await milan("cp", "reader:/tmp/copied", join(folder, "back"));
    assert.equal(readFileSync(join(folder, "back"), "utf8"), "some text\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function crashing(): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "crashing" },
    spec: {
      nodeSelector: { "liqo.io/type": "virtual-node" },
      containers: [{ name: "crashing", image: "busybox", command: ["sh", "-c", "echo about to fail; exit 3"] }],
    },
  };
}

function echoPod(side: "local" | "remote"): object {
  const operator = side === "remote" ? "In" : "NotIn";
  const nodeSelectorTerms = [{ matchExpressions: [{ key: "liqo.io/type", operator, values: ["virtual-node"] }] }];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `echo-${side}`, labels: { app: "echo", side } },
    spec: {
      terminationGracePeriodSeconds: 1,
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
      containers: [
        {
          name: "echo",
          image: "node",
          command: ["node", "-e", ECHO],
          readinessProbe: { tcpSocket: { port: 7 }, periodSeconds: 1 },
        },
      ],
    },
  };
}

/** The address that the twin namespace has for the only endpoint of a Service. */
function reflectedAddress(clusters: Clusters, service: string): Promise<string> {
  return eventually(`the twin has the endpoint of ${service}`, async () => {
    const selector = `kubernetes.io/service-name=${service},endpointslice.kubernetes.io/managed-by=endpointslice.reflection.liqo.io`;
    const slices = ["endpointslices", "-n", TWIN, "-l", selector];
    const { items } = await clusters.get<{ items: EndpointSlice[] }>("rome", ...slices);
    const address = items[0]?.endpoints?.[0]?.addresses[0];
    assert.ok(address);
    return address;
  });
}
