/** Workloads and storage, as kubectl starts, rolls, scales and drains them. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Job } from "kubernetes-types/batch/v1";
import type { PersistentVolumeClaim, Pod } from "kubernetes-types/core/v1";
import { needsOwnClusters } from "#engines/choose.ts";
import { eventually } from "#kit/eventually.ts";
import { type OneCluster, takeCluster } from "#kit/one-cluster.ts";

interface List<T> {
  readonly items: T[];
}

const CRON_MS = 75_000;

describe("workloads", { concurrency: 1, skip: needsOwnClusters() }, () => {
  let cluster: OneCluster;
  const kubectl = (...args: readonly string[]) => cluster.kubectl(...args);
  before(async () => {
    cluster = await takeCluster();
    // Its first minute passes while the other tests run.
    await cluster.kubectl("create", "cronjob", "tick", "--image=busybox", "--schedule=* * * * *", "--", "echo", "tick");
    await cluster.kubectl("create", "deployment", "web", "--image=nginx", "--replicas=2", "--port=80");
    await rolled("deployment/web");
  });
  after(() => cluster?.[Symbol.asyncDispose]());

  test("rollout: a new image, its history with causes, and the way back", async () => {
    await kubectl("set", "image", "deployment/web", "nginx=nginx:1.27");
    assert.match(await rolled("deployment/web"), /deployment "web" successfully rolled out/);
    await kubectl("annotate", "deployment", "web", "kubernetes.io/change-cause=a newer nginx");
    await eventually("the cause in the history", async () =>
      assert.match(await kubectl("rollout", "history", "deployment/web"), /^1 +<none>\n2 +a newer nginx$/m),
    );
    assert.match(await kubectl("rollout", "history", "deployment/web", "--revision=2"), /Image:\tnginx:1\.27/);
    assert.equal(await kubectl("rollout", "undo", "deployment/web"), "deployment.apps/web rolled back\n");
    await rolled("deployment/web");
    assert.equal(await kubectl("get", "deployment", "web", "-o", "jsonpath={..image}"), "nginx");
    assert.match(await kubectl("rollout", "history", "deployment/web"), /^2 +a newer nginx\n3 +<none>$/m);
  });

  test("an image that does not exist leaves as many pods as may be unavailable", async () => {
    await kubectl("create", "deployment", "typo", "--image=nginx", "--replicas=4");
    await rolled("deployment/typo");
    await kubectl("set", "image", "deployment/typo", "nginx=localhost:1/nginxx:1");
    const available = ["get", "deployment", "typo", "-o", "jsonpath={.status.availableReplicas}"];
    await eventually("it goes no further", async () => {
      assert.match(await kubectl("get", "pods", "-l", "app=typo"), /(ErrImagePull|ImagePullBackOff)/);
      assert.equal(await kubectl(...available), "3");
    });
    for (let i = 0; i < 5; i++) {
      await delay(500);
      assert.equal(await kubectl(...available), "3");
    }
    await kubectl("delete", "deployment", "typo");
  });

  test("a paused rollout holds still until it is resumed", async () => {
    await kubectl("rollout", "pause", "deployment/web");
    await kubectl("set", "env", "deployment/web", "COLOR=red");
    assert.match(await cluster.refusal(["rollout", "status", "deployment/web", "--timeout=1s"]), /timed out waiting/);
    await kubectl("rollout", "resume", "deployment/web");
    await rolled("deployment/web");
    assert.match(await kubectl("set", "env", "deployment/web", "--list"), /^COLOR=red$/m);
    await kubectl("rollout", "restart", "deployment/web");
    await rolled("deployment/web");
    const set = await kubectl("get", "deployment", "web", "-o", "jsonpath={.spec.template.metadata.annotations}");
    assert.match(set, /kubectl\.kubernetes\.io\/restartedAt/);
  });

  test("scale, and the events that tell of it by the controllers' names", async () => {
    assert.equal(await kubectl("scale", "deployment", "web", "--replicas=3"), "deployment.apps/web scaled\n");
    await rolled("deployment/web");
    assert.match(await kubectl("get", "deployment", "web"), /^web +3\/3 +3 +3 /m);
    assert.match(
      await cluster.refusal(["scale", "deployment", "web", "--replicas=1", "--current-replicas=9"]),
      /Expected replicas to be 9, was 3/,
    );
    assert.match(
      await kubectl("describe", "deployment", "web"),
      /ScalingReplicaSet +\S+ +(\(x\d+ over \S+\) +)?deployment-controller +Scaled/,
    );
  });

  test("autoscale makes an autoscaler that shows its target", async () => {
    await kubectl("autoscale", "deployment", "web", "--min=1", "--max=5", "--cpu=80%");
    assert.match(await kubectl("get", "hpa", "web"), /^web +Deployment\/web +cpu: <unknown>\/80% +1 +5 +\d+ /m);
    await kubectl("delete", "hpa", "web");
  });

  test("a taint keeps pods away that do not tolerate it", async () => {
    await kubectl("taint", "nodes", "--all", "gpu=yes:NoSchedule");
    await kubectl("run", "plain", "--image=busybox", "--restart=Never", "--", "true");
    await eventually("the scheduler's refusal", async () =>
      assert.match(
        await kubectl("events", "--for", "pod/plain"),
        /0\/2 nodes are available: 2 node\(s\) had untolerated taint\(s\)\./,
      ),
    );
    await kubectl("taint", "nodes", "--all", "gpu-");
    await kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/plain", "--timeout=30s");
  });

  test("deleting an owner takes its dependents along, or leaves them when told so", async () => {
    await kubectl("create", "deployment", "brief", "--image=busybox", "--replicas=0");
    await eventually("its set", async () => assert.match(await kubectl("get", "rs", "-l", "app=brief"), /^brief-/m));
    await kubectl("delete", "deployment", "brief", "--cascade=orphan");
    assert.match(await kubectl("get", "rs", "-l", "app=brief"), /^brief-/m);
    await kubectl("delete", "rs", "-l", "app=brief");
    await kubectl("create", "deployment", "whole", "--image=nginx");
    await rolled("deployment/whole");
    await kubectl("delete", "deployment", "whole");
    await eventually("nothing of it", async () => assert.equal(await kubectl("get", "rs,pods", "-l", "app=whole"), ""));
  });

  test("a StatefulSet's pods keep their claims, and the data in them", async () => {
    await cluster.apply(STATEFUL);
    await rolled("statefulset/db");
    assert.match(
      await kubectl("get", "storageclass"),
      /^local-path \(default\) +rancher\.io\/local-path +Delete +WaitForFirstConsumer /m,
    );
    assert.match(await kubectl("get", "pvc", "data-db-0"), /^data-db-0 +Bound +pvc-\S+ +1Gi +RWO +local-path /m);
    const claim = await cluster.get<PersistentVolumeClaim>("pvc", "data-db-0");
    const place = (pod: Pod) => pod.spec?.nodeName;
    const node = place(await cluster.get<Pod>("pod", "db-0"));
    assert.equal(claim.metadata?.annotations?.["volume.kubernetes.io/selected-node"], node);
    await kubectl("delete", "pod", "db-0");
    await kubectl("wait", "--for=condition=Ready", "pod/db-0", "--timeout=30s");
    assert.equal(place(await cluster.get<Pod>("pod", "db-0")), node);
    await eventually("a second line", async () =>
      assert.equal(await kubectl("exec", "db-0", "--", "cat", "/data/log"), "db-0\ndb-0\n"),
    );
    await canary();
    await kubectl("delete", "statefulset,service", "db");
    await kubectl("delete", "pvc", "--all");
    await eventually("no volumes", async () => assert.equal(await kubectl("get", "pv"), ""));
  });

  /** Below the partition a pod stays what it was, also when it is made again. */
  async function canary(): Promise<void> {
    const updateStrategy = { type: "RollingUpdate", rollingUpdate: { partition: 1 } };
    const containers = [{ name: "db", env: [{ name: "CANARY", value: "yes" }] }];
    const patch = JSON.stringify({ spec: { updateStrategy, template: { spec: { containers } } } });
    await kubectl("patch", "statefulset", "db", "-p", patch);
    const said = async (pod: string) => (await cluster.get<Pod>("pod", pod)).spec?.containers[0]?.env?.[0]?.value;
    await eventually("the last pod is a canary", async () => assert.equal(await said("db-1"), "yes"));
    await kubectl("wait", "--for=condition=Ready", "pod/db-1", "--timeout=30s");
    await kubectl("delete", "pod", "db-0");
    await kubectl("wait", "--for=condition=Ready", "pod/db-0", "--timeout=30s");
    assert.equal(await said("db-0"), undefined);
  }

  test("a claim is bound to the volume that an administrator made for its class", async () => {
    await cluster.apply(STATIC);
    await eventually("the claim is bound", async () =>
      assert.match(await kubectl("get", "pvc", "by-hand"), /^by-hand +Bound +by-hand +2Gi +RWX +manual /m),
    );
    await kubectl("delete", "pvc", "by-hand");
    await eventually("the volume is released", async () =>
      assert.match(await kubectl("get", "pv", "by-hand"), / Retain +Released +default\/by-hand /),
    );
  });

  test("a DaemonSet has a pod on each node and rolls them one by one", async () => {
    await cluster.apply(DAEMON);
    await rolled("daemonset/agent");
    assert.match(await kubectl("get", "daemonset", "agent"), /^agent +2 +2 +2 +2 +2 /m);
    await kubectl("set", "image", "daemonset/agent", "agent=alpine");
    assert.match(await rolled("daemonset/agent"), /daemon set "agent" successfully rolled out/);
    assert.match(await kubectl("rollout", "history", "daemonset/agent"), /^1 +<none>\n2 +<none>$/m);
    assert.equal(await kubectl("rollout", "undo", "daemonset/agent"), "daemonset.apps/agent rolled back\n");
    await rolled("daemonset/agent");
    assert.equal(await kubectl("get", "daemonset", "agent", "-o", "jsonpath={..image}"), "busybox");
    assert.match(await kubectl("rollout", "history", "daemonset/agent"), /^2 +<none>\n3 +<none>$/m);
    await kubectl("delete", "daemonset", "agent");
  });

  test("a Job completes, and its log can be read by its name", async () => {
    await kubectl("create", "job", "once", "--image=busybox", "--", "echo", "done");
    await kubectl("wait", "--for=condition=Complete", "job/once", "--timeout=30s");
    assert.equal(await kubectl("logs", "job/once"), "done\n");
    assert.match(await kubectl("get", "job", "once"), /^once +Complete +1\/1 +\d+s /m);
  });

  test("an Indexed Job gives each pod its share, and one that must not go on fails at once", async () => {
    const indexed = { completionMode: "Indexed", completions: 3, parallelism: 3 };
    await cluster.apply(jobOf("shares", indexed, "echo share $JOB_COMPLETION_INDEX of `hostname`"));
    await kubectl("wait", "--for=condition=Complete", "job/shares", "--timeout=60s");
    const { status } = await cluster.get<Job>("job", "shares");
    assert.deepEqual([status?.succeeded, status?.completedIndexes], [3, "0-2"]);
    const logs = await kubectl("logs", "-l", "job-name=shares", "--tail=-1");
    assert.deepEqual(
      logs.trim().split("\n").sort(),
      [0, 1, 2].map((i) => `share ${i} of shares-${i}`),
    );
    const onExitCodes = { operator: "In", values: [42] };
    const podFailurePolicy = { rules: [{ action: "FailJob", onExitCodes }] };
    await cluster.apply(jobOf("hopeless", { podFailurePolicy }, "exit 42"));
    await kubectl("wait", "--for=condition=Failed", "job/hopeless", "--timeout=60s");
    const failed = (await cluster.get<Job>("job", "hopeless")).status;
    assert.equal(failed?.failed, 1);
    const reason = failed?.conditions?.find(({ type }) => type === "Failed");
    assert.equal(reason?.reason, "PodFailurePolicy");
    assert.match(reason?.message ?? "", /failed with exit code 42 matching FailJob rule at index 0$/);
  });

  test("a CronJob starts a Job each minute", async () => {
    const job = await eventually(
      "a Job of the schedule",
      async () => {
        const { items } = await cluster.get<List<Job>>("jobs");
        const found = items.find(({ metadata }) => metadata?.ownerReferences?.[0]?.name === "tick");
        assert.ok(found?.metadata?.name);
        return found.metadata.name;
      },
      CRON_MS,
    );
    assert.match(job, /^tick-\d{8}$/);
    await kubectl("wait", "--for=condition=Complete", `job/${job}`, "--timeout=30s");
    assert.equal(await kubectl("logs", `job/${job}`), "tick\n");
    assert.match(await kubectl("get", "cronjob", "tick"), /^tick +\* \* \* \* \* +<none> +False +0 +\d+s /m);
    await eventually("its events", async () => {
      const events = await kubectl("events", "--for", "cronjob/tick");
      assert.match(events, new RegExp(`SuccessfulCreate +CronJob/tick +Created job ${job}`));
      assert.match(events, new RegExp(`SawCompletedJob +CronJob/tick +Saw completed job: ${job}, condition: Complete`));
    });
    await kubectl("create", "job", "now", "--from=cronjob/tick");
    await kubectl("wait", "--for=condition=Complete", "job/now", "--timeout=30s");
  });

  // Last, for it takes ended pods away too: a Job that ran on the node loses its log.
  test("drain moves pods off a node, which takes none until it is uncordoned", async () => {
    const drained = await kubectl("drain", "worker-node-1", "--ignore-daemonsets", "--delete-emptydir-data", "--force");
    assert.match(drained, /node\/worker-node-1 cordoned/);
    assert.match(drained, /node\/worker-node-1 drained/);
    assert.match(await kubectl("get", "node", "worker-node-1"), /Ready,SchedulingDisabled/);
    await rolled("deployment/web");
    const { items } = await cluster.get<List<Pod>>("pods", "-l", "app=web");
    const places = items
      .filter(({ metadata }) => metadata?.deletionTimestamp === undefined)
      .map(({ spec }) => spec?.nodeName);
    assert.deepEqual(new Set(places), new Set(["worker-node-2"]));
    await kubectl("uncordon", "worker-node-1");
    assert.match(await kubectl("get", "node", "worker-node-1"), / Ready /);
  });

  function rolled(workload: string): Promise<string> {
    return kubectl("rollout", "status", workload, "--timeout=60s");
  }
});

const STATEFUL = `
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {clusterIP: None, selector: {app: db}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 2
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: db
        image: busybox
        command: [sh, -c, "hostname >> /data/log; sleep 100000"]
        volumeMounts: [{name: data, mountPath: /data}]
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
`;

function jobOf(name: string, own: object, script: string): string {
  const containers = [{ name: "c", image: "busybox", command: ["sh", "-c", script] }];
  const spec = { ...own, template: { spec: { restartPolicy: "Never", containers } } };
  return JSON.stringify({ apiVersion: "batch/v1", kind: "Job", metadata: { name }, spec });
}

const STATIC = `
apiVersion: v1
kind: PersistentVolume
metadata: {name: by-hand}
spec:
  capacity: {storage: 2Gi}
  accessModes: [ReadWriteMany]
  storageClassName: manual
  hostPath: {path: /nonexistent/by-hand}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: by-hand}
spec: {storageClassName: manual, accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}
`;

const DAEMON = `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{name: agent, image: busybox, command: [sleep, "100000"]}]
`;
