/**
 * Volumes lie where their pods run, and pods run where their volumes lie: a StatefulSet with one replica at home and one at
 * the provider, each with its own data whatever happens to pods, nodes and clusters.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from "kubernetes-types/core/v1";
import type { StorageClass } from "kubernetes-types/storage/v1";
import type { ResourceSlice } from "#api/authentication/resourceslice.ts";
import { machineOf, needsOwnClusters } from "#engines/choose.ts";
import { type Clusters, startPeered } from "#kit/clusters.ts";
import { Background, type Outcome } from "#kit/command.ts";
import { eventually } from "#kit/eventually.ts";

const LIQOCTL = join(import.meta.dirname, "../../bin/liqoctl");
const NAMESPACE = "shop";
const TWIN = "shop-milan";
const VIRTUAL = "liqo-rome";
const IS_DEFAULT = "storageclass.kubernetes.io/is-default-class";
const REPLICAS = ["keeper-0", "keeper-1"] as const;
const SLOWLY = "--timeout=120s";

/** No two on one node, and milan has one beside the virtual one. */
const KEEPER = {
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: { name: "keeper" },
  spec: {
    replicas: REPLICAS.length,
    serviceName: "keeper",
    selector: { matchLabels: { app: "keeper" } },
    template: {
      metadata: { labels: { app: "keeper" } },
      spec: {
        terminationGracePeriodSeconds: 1,
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { app: "keeper" } } },
            ],
          },
        },
        containers: [
          {
            name: "keeper",
            image: "busybox",
            command: ["sleep", "3600"],
            volumeMounts: [{ name: "data", mountPath: "/data" }],
          },
        ],
      },
    },
    volumeClaimTemplates: [{ metadata: { name: "data" }, spec: claimSpec() }],
  },
};

describe("storage", { concurrency: 1, skip: needsOwnClusters() }, () => {
  let clusters: Clusters;
  /** By replica, the node of its claim. */
  const homes = new Map<string, string>();
  let lacking: string | undefined;
  before(async () => {
    clusters = await startPeered({ workers: 1 });
    lacking = await withoutDefaultClass();
    await clusters.kubectl("milan", "create", "namespace", NAMESPACE);
    await clusters.liqoctl("offload", "namespace", NAMESPACE, "--context", "milan");
  });
  after(() => clusters?.[Symbol.asyncDispose]());
  const milan = (...args: readonly string[]) => clusters.kubectl("milan", "-n", NAMESPACE, ...args);
  const claimOf = (name: string) => clusters.get<PersistentVolumeClaim>("milan", "pvc", name, "-n", NAMESPACE);
  const dataOf = (replica: string) => milan("exec", replica, "--", "cat", "/data/who");
  const withClasses = (name: string, check: () => Promise<void>) =>
    it(name, async (t: TestContext) => {
      if (lacking === undefined) return await check();
      t.skip(lacking);
    });

  withClasses("the provider's classes are offered, and each cluster has the class liqo", async () => {
    const { provisioner, volumeBindingMode } = await clusters.get<StorageClass>("milan", "storageclass", "liqo");
    assert.deepEqual([provisioner, volumeBindingMode], ["liqo.io/storage", "WaitForFirstConsumer"]);
    const slices = ["resourceslices.authentication.liqo.io", "rome", "-n", "liqo-tenant-rome"] as const;
    const { status } = await clusters.get<ResourceSlice>("milan", ...slices);
    const classes = await clusters.get<{ items: StorageClass[] }>("rome", "storageclasses");
    const expected = classes.items.map(({ metadata }) => ({
      storageClassName: metadata?.name,
      ...(metadata?.annotations?.[IS_DEFAULT] === "true" && { default: true }),
    }));
    assert.deepEqual(status?.storageClasses, expected);
    const node = await clusters.get<Node>("milan", "node", VIRTUAL);
    assert.equal(node.metadata?.labels?.["storage.liqo.io/available"], "true");
  });

  withClasses("each replica of a StatefulSet has its volume in the cluster where it runs", async () => {
    await apply(KEEPER);
    await milan("rollout", "status", "statefulset/keeper", SLOWLY);
    for (const replica of REPLICAS) {
      const pod = await clusters.get<Pod>("milan", "pod", replica, "-n", NAMESPACE);
      homes.set(replica, pod.spec?.nodeName ?? "");
      await milan("exec", replica, "--", "sh", "-c", `echo data of ${replica} >> /data/who`);
    }
    assert.deepEqual([...homes.values()].sort(), [VIRTUAL, "worker-node-1"].sort());
    await volumeAtHome(replicaOn("worker-node-1"));
    await volumeAtProvider(replicaOn(VIRTUAL));
  });

  withClasses("a pod that is deleted comes back to its data", async () => {
    for (const replica of REPLICAS) await milan("delete", "pod", replica);
    await everybodyHasTheirData();
  });

  withClasses("where its data cannot be reached a pod waits, and runs nowhere else", async () => {
    const replica = replicaOn(VIRTUAL);
    await clusters.kubectl("milan", "cordon", VIRTUAL);
    try {
      await milan("delete", "pod", replica);
      const reason = "{.status.conditions[?(@.type=='PodScheduled')].reason}";
      await milan("wait", `pod/${replica}`, "--for=create", SLOWLY);
      await milan("wait", `pod/${replica}`, `--for=jsonpath=${reason}=Unschedulable`, SLOWLY);
    } finally {
      await clusters.kubectl("milan", "uncordon", VIRTUAL);
    }
    await everybodyHasTheirData();
  });

  withClasses("a node whose kubelet dies gives nothing away", async () => {
    for (const cluster of ["milan", "rome"]) await machineOf(clusters.engine).kill(cluster, { node: "worker-node-1" });
    for (const replica of REPLICAS) await milan("delete", "pod", replica, "--now");
    await everybodyHasTheirData();
  });

  withClasses("a cluster that is stopped and started has its volumes", async () => {
    const machine = machineOf(clusters.engine);
    for (const cluster of ["rome", "milan"]) {
      await machine.stop(cluster);
      await machine.start(cluster);
    }
    await everybodyHasTheirData();
    // Pods run before Liqo's webhooks have endpoints again.
    await eventually("pods are admitted again", async () => {
      const pod = ["run", "admitted", "--image=busybox", "--dry-run=server"];
      const { code, stderr } = await clusters.tryKubectl("milan", [...pod, "-n", NAMESPACE]);
      assert.equal(code, 0, stderr);
    });
  });

  withClasses("a claim says which class and access modes it asks for at the provider", async () => {
    const [real] = (await clusters.get<{ items: StorageClass[] }>("rome", "storageclasses")).items.filter(
      ({ metadata }) => metadata?.annotations?.[IS_DEFAULT] === "true",
    );
    const { provisioner, volumeBindingMode } = real ?? {};
    const other = { apiVersion: "storage.k8s.io/v1", kind: "StorageClass", metadata: { name: "other" } };
    await apply({ ...other, provisioner, volumeBindingMode }, "rome");
    const annotations = {
      "liqo.io/remote-storage-class": "other",
      "liqo.io/remote-access-modes": "ReadWriteOncePod",
    };
    await apply({ ...claim("picky"), metadata: { name: "picky", annotations } });
    await apply(user("picky", VIRTUAL));
    await milan("wait", "pod/picky", "--for=condition=Ready", SLOWLY);
    const { spec, metadata } = await clusters.get<PersistentVolumeClaim>("rome", "pvc", "picky", "-n", TWIN);
    assert.deepEqual([spec?.storageClassName, spec?.accessModes], ["other", ["ReadWriteOncePod"]]);
    assert.equal(metadata?.annotations?.["liqo.io/remote-storage-class"], undefined);
    await milan("delete", "pod/picky", "pvc/picky", "--now");
  });

  withClasses("a copy of somebody else's volume is refused", async () => {
    const { metadata } = await claimOf(`data-${replicaOn("worker-node-1")}`);
    const dataSource = { kind: "PersistentVolumeClaim", name: metadata?.uid };
    await apply({ ...claim("thief"), spec: { ...claimSpec(), dataSource } });
    await apply(user("thief", "worker-node-1"));
    await eventually("it is said", async () => {
      const events = await milan("get", "events", "--field-selector=involvedObject.name=thief");
      assert.match(events, /ProvisioningFailed +persistentvolumeclaim\/thief +spec\.dataSource: /);
    });
    await milan("delete", "pod/thief", "pvc/thief", "--now");
  });

  withClasses("a volume in use, or that cannot be copied, stays where it is", async () => {
    const claimName = `data-${replicaOn("worker-node-1")}`;
    const used = await move(claimName, VIRTUAL);
    assert.match(used.stderr, new RegExp(`claim shop/${claimName} is used by ${replicaOn("worker-node-1")}\n`));
    await milan("scale", "statefulset/keeper", "--replicas=0");
    await milan("wait", "--for=delete", ...REPLICAS.map((replica) => `pod/${replica}`), SLOWLY);
    const { metadata } = await claimOf(claimName);
    const failed = await move(claimName, VIRTUAL, "--restic-image", "busybox", "--timeout", "15s");
    assert.match(failed.stderr, /Job shop\/liqo-move-\w+-copy has failed: .*; the volume is as it was\n/);
    assert.equal((await claimOf(claimName)).metadata?.uid, metadata?.uid);
    await nothingIsLeftOfMoves();
  });

  withClasses("a volume is moved to the provider, and home again, with all that files are", async () => {
    const name = `data-${replicaOn("worker-node-1")}`;
    await apply(user(name, "worker-node-1"));
    await milan("wait", `pod/${name}`, "--for=condition=Ready", SLOWLY);
    const make = "cd /data && mkdir -p a/b && echo deep > a/b/c && ln -s a/b/c link && chmod 640 a/b/c";
    await milan(
      "exec",
      name,
      "--",
      "sh",
      "-c",
      `${make} && chown -h 1234:5678 a/b/c link && chown 999 . && chmod 770 .`,
    );
    const before = await described(name);
    await milan("delete", "pod", name, "--now");
    for (const node of [VIRTUAL, "worker-node-1"]) {
      const moved = await move(name, node);
      assert.equal(moved.code, 0, moved.stderr);
      assert.match(moved.stderr, /✓ \(local\) All is copied and verified .*✓ \(local\) All is restored and verified /s);
      await nothingIsLeftOfMoves();
      await apply(user(name, node));
      await milan("wait", `pod/${name}`, "--for=condition=Ready", SLOWLY);
      assert.equal(await described(name), before);
      await milan("delete", "pod", name, "--now");
    }
    assert.match(
      (await move(name, "worker-node-1")).stderr,
      /^✓ \(local\) Claim shop\/\S+ is on node worker-node-1\n$/,
    );
  });

  withClasses("a move that is killed at any moment goes on, and nothing is lost", async () => {
    const name = `data-${replicaOn("worker-node-1")}`;
    // Of what it has told, the last thing before the next step: at once, while it copies, before or while it restores.
    await killMove(name, VIRTUAL, "");
    await killMove(name, VIRTUAL, "Repository is ready (");
    await killMove(name, VIRTUAL, "All is copied and verified (");
    const { code, stderr } = await move(name, VIRTUAL);
    assert.equal(code, 0, stderr);
    await killMove(name, "worker-node-1", "Claim is made anew for node worker-node-1 (");
    const again = await move(name, "worker-node-1");
    assert.equal(again.code, 0, again.stderr);
    await nothingIsLeftOfMoves();
    await apply(user(name, "worker-node-1"));
    await milan("wait", `pod/${name}`, "--for=condition=Ready", SLOWLY);
    assert.equal(await milan("exec", name, "--", "cat", "/data/a/b/c"), "deep\n");
    await milan("delete", "pod", name, "--now");
  });

  withClasses("with a claim its volume goes, at home and at the provider", async () => {
    const volumes = await Promise.all(REPLICAS.map((replica) => claimOf(`data-${replica}`)));
    await milan("delete", "statefulset/keeper");
    await milan("wait", "--for=delete", ...REPLICAS.map((replica) => `pod/${replica}`), SLOWLY);
    await milan("delete", "pvc", "--all");
    await eventually("nothing is left", async () => {
      const left = await clusters.kubectl("milan", "get", "pv,pvc", "-A", "-o", "name");
      for (const { metadata } of volumes) assert.ok(!left.includes(metadata?.uid ?? "none"), left);
      assert.equal(await clusters.kubectl("rome", "get", "pvc", "-n", TWIN, "-o", "name"), "");
      assert.equal(await clusters.kubectl("rome", "get", "pv", "-o", "name"), "");
    });
  });

  function move(claimName: string, node: string, ...more: readonly string[]): Promise<Outcome> {
    const args = ["move", "volume", claimName, "--context", "milan", "-n", NAMESPACE, "--target-node", node];
    return clusters.tryLiqoctl([...args, ...more]);
  }

  /** Ends the command as `kill -9` does, once it has told this. */
  async function killMove(claimName: string, node: string, told: string): Promise<void> {
    const args = ["move", "volume", claimName, "--context", "milan", "-n", NAMESPACE, "--target-node", node];
    await using running = new Background(LIQOCTL, args, { ...clusters.engine.env, NO_COLOR: "1" });
    await eventually("the moment", () => assert.ok(running.text.includes(told), running.text), 120_000);
    running.kill("SIGKILL");
  }

  async function nothingIsLeftOfMoves(): Promise<void> {
    await eventually("nothing is left of a move", async () => {
      const left = await milan("get", "secrets,services,deployments,jobs,pvc,pods", "-o", "name");
      assert.doesNotMatch(left, /liqo-move/);
    });
  }

  /** Mode, owner and content of all there is. */
  function described(pod: string): Promise<string> {
    const program = "cd /data && find . | sort | xargs stat -c '%n %A %u %g' && cat who a/b/c link";
    return milan("exec", pod, "--", "sh", "-c", program);
  }

  async function withoutDefaultClass(): Promise<string | undefined> {
    for (const cluster of ["milan", "rome"]) {
      const { items } = await clusters.get<{ items: StorageClass[] }>(cluster, "storageclasses");
      if (!items.some(({ metadata }) => metadata?.annotations?.[IS_DEFAULT] === "true"))
        return `${cluster} has no default storage class`;
    }
    return undefined;
  }

  function replicaOn(node: string): string {
    const found = REPLICAS.find((replica) => homes.get(replica) === node);
    assert.ok(found !== undefined, `no replica on ${node}`);
    return found;
  }

  async function everybodyHasTheirData(): Promise<void> {
    await eventually(
      "all replicas run",
      () => milan("rollout", "status", "statefulset/keeper", "--timeout=5s"),
      240_000,
    );
    for (const replica of REPLICAS) {
      const pod = await clusters.get<Pod>("milan", "pod", replica, "-n", NAMESPACE);
      assert.equal(pod.spec?.nodeName, homes.get(replica));
      await eventually("its data is there", async () => assert.equal(await dataOf(replica), `data of ${replica}\n`));
    }
  }

  async function volumeAtHome(replica: string): Promise<void> {
    const { metadata, spec } = await claimOf(`data-${replica}`);
    const real = await clusters.get<PersistentVolumeClaim>("milan", "pvc", metadata?.uid ?? "", "-n", "liqo-storage");
    assert.equal(real.metadata?.labels?.["storage.liqo.io/virtual-pvc-name"], `data-${replica}`);
    assert.notEqual(real.spec?.storageClassName, "liqo");
    const volume = await clusters.get<PersistentVolume>("milan", "pv", spec?.volumeName ?? "");
    const behind = await clusters.get<PersistentVolume>("milan", "pv", real.spec?.volumeName ?? "");
    assert.equal(volume.metadata?.name, `pvc-${metadata?.uid}`);
    assert.deepEqual(volume.spec?.hostPath ?? volume.spec?.csi, behind.spec?.hostPath ?? behind.spec?.csi);
    const [term] = volume.spec?.nodeAffinity?.required?.nodeSelectorTerms ?? [];
    assert.deepEqual(term?.matchExpressions?.[0], { key: "liqo.io/type", operator: "DoesNotExist" });
  }

  async function volumeAtProvider(replica: string): Promise<void> {
    const { metadata, spec, status } = await claimOf(`data-${replica}`);
    assert.equal(status?.phase, "Bound");
    const volume = await clusters.get<PersistentVolume>("milan", "pv", spec?.volumeName ?? "");
    assert.equal(volume.metadata?.name, `pvc-${metadata?.uid}`);
    assert.equal(volume.metadata?.annotations?.["pv.kubernetes.io/provisioned-by"], "liqo.io/storage");
    assert.deepEqual(volume.spec?.nodeAffinity?.required?.nodeSelectorTerms, [
      { matchExpressions: [{ key: "liqo.io/remote-cluster-id", operator: "In", values: ["rome"] }] },
    ]);
    const there = await clusters.get<PersistentVolumeClaim>("rome", "pvc", `data-${replica}`, "-n", TWIN);
    assert.equal(there.status?.phase, "Bound");
  }

  async function apply(object: object, cluster = "milan"): Promise<void> {
    const args = ["-n", NAMESPACE, "apply", "-f", "-"];
    const { code, stderr } = await clusters.tryKubectl(cluster, args, { input: JSON.stringify(object) });
    assert.equal(code, 0, stderr);
  }
});

function claimSpec(): object {
  return {
    accessModes: ["ReadWriteOnce"],
    storageClassName: "liqo",
    resources: { requests: { storage: "16Mi" } },
  };
}

function claim(name: string): object {
  return { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name }, spec: claimSpec() };
}

/** A pod with the claim of its name. */
function user(name: string, node: string): object {
  const spec = {
    nodeSelector: { "kubernetes.io/hostname": node },
    terminationGracePeriodSeconds: 1,
    volumes: [{ name: "data", persistentVolumeClaim: { claimName: name } }],
    containers: [
      {
        name: "main",
        image: "busybox",
        command: ["sleep", "3600"],
        volumeMounts: [{ name: "data", mountPath: "/data" }],
      },
    ],
  };
  return { apiVersion: "v1", kind: "Pod", metadata: { name }, spec };
}
