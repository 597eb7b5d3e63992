/** Claims without a volume, each for another reason. */

import { CAPPED } from "./why-pods.ts";
import {
  away,
  elsewhere,
  NAMESPACE,
  type Named,
  named,
  object,
  one,
  pod,
  type Situation,
  TWIN,
} from "./why-situation.ts";

function claim(name: string, spec: object = {}, metadata: object = {}) {
  const asked = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
  return object("v1", "PersistentVolumeClaim", name, { metadata, spec: { ...asked, ...spec } });
}

const LIQO = { storageClassName: "liqo" };
const AT_HOME = { "kubernetes.io/hostname": "worker-node-1" };

function storageClass(name: string, provisioner: string, volumeBindingMode: string) {
  return elsewhere(undefined, object("storage.k8s.io/v1", "StorageClass", name, { provisioner, volumeBindingMode }));
}

const user = (of: string, more: Parameters<typeof away>[0] = {}) =>
  pod(
    `uses-${of}`,
    away({
      volumes: [{ name: "v", persistentVolumeClaim: { claimName: of } }],
      containers: one({ volumeMounts: [{ name: "v", mountPath: "/v" }] }),
      ...more,
    }),
  );

const ROWS: readonly Named[] = [
  {
    name: "home-volume",
    state: "ok",
    link: "volume",
    says: /of class liqo/,
    home: [claim("home-volume", LIQO), user("home-volume", { nodeSelector: AT_HOME })],
  },
  {
    name: "away-volume",
    state: "ok",
    link: "provider",
    says: /rome has its volume, of class local-path/,
    home: [claim("away-volume", LIQO), user("away-volume")],
  },
  named("no-class", "class", /no StorageClass absent/, {
    home: [claim("no-class", { storageClassName: "absent" })],
    hint: /there are: .*liqo/,
  }),
  named("empty-class", "class", /it is to have no class, and no volume without one fits/, {
    home: [claim("empty-class", { storageClassName: "" })],
  }),
  named("unused", "pod", /a pod that uses it is scheduled, and none does/, {
    home: [claim("unused", LIQO)],
    hint: /claimName: unused/,
  }),
  named("user-nowhere", "pod", /pod uses-user-nowhere, which uses it, has no node yet/, {
    home: [claim("user-nowhere", LIQO), user("user-nowhere", { nodeSelector: { no: "node" } })],
    hint: /liqoctl why pod\/uses-user-nowhere/,
  }),
  named("by-hand", "volume", /nobody makes volumes of class why-by-hand/, {
    home: [
      storageClass("why-by-hand", "kubernetes.io/no-provisioner", "Immediate"),
      claim("by-hand", { storageClassName: "why-by-hand" }),
    ],
  }),
  named("no-provisioner", "volume", /example\.org\/nobody has not made one/, {
    home: [
      storageClass("why-nobody", "example.org/nobody", "Immediate"),
      claim("no-provisioner", { storageClassName: "why-nobody" }),
    ],
  }),
  named("no-such-volume", "volume", /PersistentVolume absent, which it is bound to, does not exist/, {
    home: [claim("no-such-volume", { ...LIQO, volumeName: "absent" })],
  }),
  named("claim-taken", "provider", /already exists in namespace "puzzles-milan"/, {
    there: [elsewhere(TWIN, claim("claim-taken"))],
    home: [claim("claim-taken", LIQO), user("claim-taken")],
  }),
  named("no-class-there", "provider", /at rome the claim is Pending/, {
    home: [
      claim("no-class-there", LIQO, { annotations: { "liqo.io/remote-storage-class": "absent-there" } }),
      user("no-class-there"),
    ],
  }),
  named("in-use", "claim", /stays until pod uses-in-use, which uses it, has gone/, {
    home: [claim("in-use", LIQO), user("in-use", { nodeSelector: AT_HOME })],
    make: async ({ kubectl }) => {
      await kubectl("milan", "wait", "-n", NAMESPACE, "pod/uses-in-use", "--for=condition=Ready", "--timeout=60s");
      await kubectl("milan", "delete", "pvc", "in-use", "-n", NAMESPACE, "--wait=false");
    },
  }),
];

export const CLAIM_SITUATIONS: readonly Situation[] = [
  ...ROWS.map(({ name, ...rest }) => ({ ask: `pvc/${name} -n ${NAMESPACE}`, ...rest })),
  {
    ...{
      ask: `pvc over-quota -n ${CAPPED}`,
      state: "broken",
      link: "provider",
      says: /rome has no claim for it: .*exceeded quota: no-claims/,
    },
    there: [
      object("v1", "ResourceQuota", "no-claims", {
        metadata: { namespace: `${CAPPED}-milan` },
        spec: { hard: { persistentvolumeclaims: "0" } },
      }),
    ],
    home: [elsewhere(CAPPED, claim("over-quota", LIQO)), elsewhere(CAPPED, user("over-quota"))],
  },
];
