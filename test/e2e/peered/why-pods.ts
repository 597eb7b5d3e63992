/** Pods that do not run, each for another reason. */
import {
  applyAll,
  away,
  elsewhere,
  NAMESPACE,
  namespace,
  object,
  one,
  pod,
  type Situation,
  SLEEP,
  TWIN,
} from "./why-situation.ts";

type Row = readonly [
  name: string,
  spec: Parameters<typeof pod>[1],
  state: Situation["state"],
  link: string,
  says: RegExp,
  hint?: RegExp,
];

const ROWS: readonly Row[] = [
  ["fine", away(), "ok", "status", /told at home/],
  ["fine-at-home", away({ nodeSelector: { "kubernetes.io/hostname": "worker-node-1" } }), "ok", "readiness", /ready/],
  [
    "no-image",
    away({ containers: one({ image: "localhost:1/nothing:1" }) }),
    "broken",
    "image",
    /localhost:1\/nothing:1/,
    /imagePullSecrets/,
  ],
  [
    "no-configmap",
    away({ containers: one({ envFrom: [{ configMapRef: { name: "absent" } }] }) }),
    "broken",
    "configuration",
    /configmap "absent" not found/,
  ],
  [
    "no-secret",
    away({ volumes: [{ name: "v", secret: { secretName: "absent" } }] }),
    "broken",
    "volumes",
    /secret "absent" not found/,
  ],
  [
    "no-claim",
    away({ volumes: [{ name: "v", persistentVolumeClaim: { claimName: "absent" } }] }),
    "broken",
    "scheduling",
    /persistentvolumeclaim "absent" not found/,
  ],
  [
    "crashes",
    away({ containers: one({ command: ["sh", "-c", "exit 7"] }) }),
    "broken",
    "containers",
    /exit code 7/,
    /--previous/,
  ],
  [
    "probe-fails",
    away({ containers: one({ readinessProbe: { exec: { command: ["false"] }, periodSeconds: 3 } }) }),
    "broken",
    "readiness",
    /Readiness probe failed/,
  ],
  [
    "gate-shut",
    away({ readinessGates: [{ conditionType: "example.org/never" }] }),
    "broken",
    "readiness",
    /gate example\.org\/never/,
  ],
  [
    "init-goes-on",
    away({ initContainers: [{ name: "first", image: "busybox", command: SLEEP }] }),
    "unknown",
    "containers",
    /init container first/,
  ],
  [
    "too-large",
    away({ containers: one({ resources: { requests: { cpu: "1000" } } }) }),
    "broken",
    "scheduling",
    /Insufficient cpu/,
  ],
  ["nowhere", away({ nodeSelector: { no: "node" } }), "broken", "scheduling", /didn't match/],
  ["held", away({ schedulingGates: [{ name: "example.org/later" }] }), "broken", "scheduling", /gate example\.org/],
  ["another-scheduler", away({ schedulerName: "nobody" }), "unknown", "scheduling", /nobody has not looked at it/],
  [
    "privileged",
    away({ containers: one({ securityContext: { privileged: true } }) }),
    "broken",
    "ShadowPod",
    /PodSecurity/,
  ],
  ["ends", away({ restartPolicy: "Never", containers: one({ command: ["true"] }) }), "ok", "status", /told at home/],
  [
    "fails",
    away({ restartPolicy: "Never", containers: one({ command: ["sh", "-c", "exit 3"] }) }),
    "broken",
    "end",
    /exit code 3/,
  ],
];

const SPREAD = { "liqo.io/anti-affinity-preset": "hard", "liqo.io/anti-affinity-labels": "app" };
const spread = (name: string) => pod(name, away(), { annotations: SPREAD, labels: { app: "spread" } });

/** A namespace of its own, offloaded, where the provider has a limit. */
export const CAPPED = "capped";
export const OLDER = "older";

export const POD_SITUATIONS: readonly Situation[] = [
  ...ROWS.map(([name, spec, state, link, says, hint]) => ({
    ...{ ask: `pod/${name} -n ${NAMESPACE}`, state, link, says, home: [pod(name, spec)] },
    ...(hint !== undefined && { hint }),
  })),
  {
    ...{
      isTold: true,
      ask: `pod over-quota -n ${CAPPED}`,
      state: "broken",
      link: "ShadowPod",
      says: /exceeded quota: none/,
    },
    there: [
      object("v1", "ResourceQuota", "none", {
        metadata: { namespace: `${CAPPED}-milan` },
        spec: { hard: { pods: "0" } },
      }),
    ],
    home: [elsewhere(CAPPED, pod("over-quota", away()))],
  },
  {
    ...{
      isTold: true,
      ask: `po taken -n ${NAMESPACE}`,
      state: "broken",
      link: "ShadowPod",
      says: /already exists in namespace "puzzles-milan"/,
      hint: /another name/,
    },
    there: [elsewhere(TWIN, pod("taken", { containers: one() }))],
    home: [pod("taken", away())],
  },
  {
    ...{
      isTold: true,
      ask: "pods/no-twin -n homely",
      state: "broken",
      link: "twin",
      says: /"homely" has no twin in cluster "rome"/,
      hint: /offload/,
    },
    home: [
      namespace("homely"),
      elsewhere(
        "homely",
        pod("no-twin", { containers: one(), nodeName: "liqo-rome", tolerations: [{ operator: "Exists" }] }),
      ),
    ],
  },
  {
    ...{
      isTold: true,
      ask: `pod/third -n ${NAMESPACE}`,
      state: "broken",
      link: "scheduling",
      says: /^at rome: 0\/\d+ nodes are available.*anti-affinity/,
      hint: /room at rome/,
    },
    make: async (clusters) => {
      await applyAll(clusters, "milan", [spread("spread-1"), spread("spread-2")]);
      await clusters.kubectl(
        "milan",
        "wait",
        "-n",
        NAMESPACE,
        "pod/spread-1",
        "pod/spread-2",
        "--for=condition=Ready",
        "--timeout=180s",
      );
      await applyAll(clusters, "milan", [spread("third")]);
    },
  },
  {
    ...{
      ask: `pod/kept -n ${NAMESPACE}`,
      state: "broken",
      link: "deletion",
      says: /finalizer example\.org\/keep keeps it/,
    },
    home: [pod("kept", away(), { finalizers: ["example.org/keep"] })],
    make: ({ kubectl }) => kubectl("milan", "delete", "pod", "kept", "-n", NAMESPACE, "--wait=false"),
    undo: ({ tryKubectl }) =>
      tryKubectl("milan", [
        "patch",
        "pod",
        "kept",
        "-n",
        NAMESPACE,
        "--type=merge",
        "-p",
        '{"metadata":{"finalizers":null}}',
      ]),
  },
  {
    ...{
      ask: `pod/too-old -n ${OLDER}`,
      state: "broken",
      link: "scheduling",
      says: /nodes are available/,
      hint: /older than the offloading/,
    },
  },
];

/** Before its namespace is offloaded. */
export const EARLY = [
  elsewhere(OLDER, pod("too-old", { containers: one({ resources: { requests: { cpu: "1000" } } }) })),
];
