/** The objects of a move, all in the namespace of the claim, all owned by its Secret. Upstream: pkg/liqoctl/move */
import { createHash, randomBytes } from "node:crypto";
import type { Deployment } from "kubernetes-types/apps/v1";
import type { Job } from "kubernetes-types/batch/v1";
import type {
  Container,
  EnvVar,
  Node,
  PersistentVolumeClaim,
  PodSpec,
  ResourceRequirements,
  Secret,
  Service,
} from "kubernetes-types/core/v1";
import { ALLOW_REFLECTION } from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import { secrets } from "#machinery/builtin.ts";
import { apiVersionOf } from "#machinery/gvk.ts";
import type { OwnerReference } from "#machinery/meta.ts";
import { SELECTED_NODE } from "#machinery/volume.ts";
import type { MoveState } from "./plan.ts";

export interface MoveOptions {
  readonly resticImage: string;
  readonly resticServerImage: string;
  readonly resources: ResourceRequirements;
  /** Of each of the two copies. */
  readonly timeoutMs: number;
}

const PORT = 8000;
const USER = "liqo";
/** The folder that is saved is below the one that it is restored to, so that its owner and mode are restored, too. */
const ROOT = "/volume";
const FOLDER = "data";
const HOSTNAME = "kubernetes.io/hostname";
const CONTROLLER_ANNOTATIONS = /^(pv\.kubernetes\.io|volume(\.beta)?\.kubernetes\.io)\//;

/**
 * The repository may not be reached at once: its Service travels. Locks are of runs that were killed, since nobody else has
 * the password. What is read again at the end is what is on the disk of the repository.
 */
const COPY = `
tries=0
until restic cat config >/dev/null 2>&1 || restic init; do
  tries=$((tries + 1))
  [ $tries -lt 60 ] || exit 1
  sleep 1
done
set -e
restic unlock --remove-all
cd ${ROOT}
restic backup --host liqo --no-cache ${FOLDER}
restic check --read-data --no-cache
`;
const RESTORE = `
set -e
restic restore latest --host liqo --no-cache --no-lock --target ${ROOT} --verify
`;

/** Of all objects of a move. The claim's own name may be too long to be a part of it. */
export function moveNameOf(claim: string): string {
  return `liqo-move-${createHash("sha256").update(claim).digest("hex").slice(0, 10)}`;
}

export function copyJobNameOf(claim: string): string {
  return `${moveNameOf(claim)}-copy`;
}

export function restoreJobNameOf(claim: string, claimUid: string): string {
  return `${moveNameOf(claim)}-restore-${claimUid.slice(0, 8)}`;
}

/** What is to be known of a move when all else is forgotten: the keys of the repository, and the claim to be made again. */
export function forgeSecret(claim: PersistentVolumeClaim, targetNode: string): Secret {
  const { namespace = "", name = "", uid = "" } = claim.metadata ?? {};
  const password = randomBytes(16).toString("hex");
  const access = randomBytes(16).toString("hex");
  const hash = createHash("sha1").update(access).digest("base64");
  return {
    metadata: { namespace, name: moveNameOf(name), annotations: { [ALLOW_REFLECTION]: "true" } },
    type: "Opaque",
    stringData: {
      password,
      repository: `rest:http://${USER}:${access}@${moveNameOf(name)}:${PORT}/${uid}`,
      htpasswd: `${USER}:{SHA}${hash}\n`,
      claim: JSON.stringify(withoutVolume(claim)),
      sourceUid: uid,
      targetNode,
    },
  };
}

/** Undefined: it is not the Secret of a move of this claim. */
export function moveStateOf({ data }: Secret): MoveState | undefined {
  const read = (key: string): string => Buffer.from(data?.[key] ?? "", "base64").toString();
  if (data?.["sourceUid"] === undefined || data["claim"] === undefined) return undefined;
  return { sourceUid: read("sourceUid"), targetNode: read("targetNode"), isCopied: read("isCopied") === "true" };
}

/** As it was saved, for a node: who provides volumes begins at once, whoever uses the claim first. */
export function forgeNewClaim(secret: Secret, nodeName: string): PersistentVolumeClaim {
  const saved = JSON.parse(Buffer.from(secret.data?.["claim"] ?? "", "base64").toString()) as PersistentVolumeClaim;
  return {
    ...saved,
    metadata: { ...saved.metadata, annotations: { ...saved.metadata?.annotations, [SELECTED_NODE]: nodeName } },
  };
}

function withoutVolume({ metadata, spec }: PersistentVolumeClaim): PersistentVolumeClaim {
  const { volumeName: _volume, ...asked } = spec ?? {};
  const { namespace = "", name = "", labels: own, annotations = {}, ownerReferences } = metadata ?? {};
  const kept = Object.entries(annotations).filter(([key]) => !CONTROLLER_ANNOTATIONS.test(key));
  return {
    metadata: {
      namespace,
      name,
      annotations: Object.fromEntries(kept),
      ...(own !== undefined && { labels: own }),
      ...(ownerReferences !== undefined && { ownerReferences }),
    },
    spec: asked,
  };
}

function ownerOf(secret: Secret): OwnerReference {
  const { name = "", uid = "" } = secret.metadata ?? {};
  return { apiVersion: apiVersionOf(secrets), kind: secrets.kind, name, uid };
}

export interface Repository {
  readonly claim: PersistentVolumeClaim;
  readonly service: Service;
  readonly deployment: Deployment;
}

/** As large as the volume, and at home unless pods of the namespace may not run there. */
export function forgeRepository(
  claim: PersistentVolumeClaim,
  secret: Secret,
  options: MoveOptions,
  isAtHome: boolean,
): Repository {
  const { namespace = "", name = "" } = secret.metadata ?? {};
  const metadata = { namespace, name, ownerReferences: [ownerOf(secret)] };
  // Not one of Liqo's own labels: pods away do not have those.
  const selected = { app: name };
  const { resources, storageClassName } = claim.spec ?? {};
  return {
    claim: {
      metadata,
      spec: {
        accessModes: ["ReadWriteOnce"],
        ...(resources !== undefined && { resources }),
        ...(storageClassName !== undefined && { storageClassName }),
      },
    },
    service: {
      metadata: { ...metadata, annotations: { [ALLOW_REFLECTION]: "true" } },
      spec: { selector: selected, ports: [{ port: PORT, targetPort: PORT }] },
    },
    deployment: {
      metadata,
      spec: {
        replicas: 1,
        strategy: { type: "Recreate" },
        selector: { matchLabels: selected },
        template: { metadata: { labels: selected }, spec: serverOf(secret, options, isAtHome) },
      },
    },
  };
}

function serverOf(secret: Secret, { resticServerImage, resources }: MoveOptions, isAtHome: boolean): PodSpec {
  const name = secret.metadata?.name ?? "";
  const home = { matchExpressions: [{ key: labels.TYPE, operator: "DoesNotExist" }] };
  return {
    automountServiceAccountToken: false,
    ...(isAtHome && {
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [home] } } },
    }),
    containers: [
      {
        name: "repository",
        image: resticServerImage,
        // What is in it can be added to, not removed: it may be the only copy for a while.
        env: [{ name: "OPTIONS", value: "--append-only" }],
        ports: [{ containerPort: PORT }],
        readinessProbe: { tcpSocket: { port: PORT }, periodSeconds: 1 },
        resources,
        volumeMounts: [
          { name: "data", mountPath: "/data" },
          { name: "users", mountPath: "/data/.htpasswd", subPath: "htpasswd", readOnly: true },
        ],
      },
    ],
    volumes: [
      { name: "data", persistentVolumeClaim: { claimName: name } },
      { name: "users", secret: { secretName: name, items: [{ key: "htpasswd", path: "htpasswd" }] } },
    ],
  };
}

export function forgeCopyJob(claim: string, secret: Secret, options: MoveOptions): Job {
  return forgeJob(copyJobNameOf(claim), { claim, secret, options, program: COPY });
}

export function forgeRestoreJob(claim: PersistentVolumeClaim, secret: Secret, options: MoveOptions, node: Node): Job {
  const { name = "", uid = "" } = claim.metadata ?? {};
  const hostname = node.metadata?.labels?.[HOSTNAME] ?? node.metadata?.name ?? "";
  const nodeSelector = { [HOSTNAME]: hostname };
  return forgeJob(restoreJobNameOf(name, uid), { claim: name, secret, options, program: RESTORE, nodeSelector });
}

interface JobParts {
  readonly claim: string;
  readonly secret: Secret;
  readonly options: MoveOptions;
  readonly program: string;
  readonly nodeSelector?: Readonly<Record<string, string>>;
}

function forgeJob(name: string, { claim, secret, options, program, nodeSelector }: JobParts): Job {
  return {
    metadata: { namespace: secret.metadata?.namespace ?? "", name, ownerReferences: [ownerOf(secret)] },
    spec: {
      backoffLimit: 3,
      activeDeadlineSeconds: Math.ceil(options.timeoutMs / 1000),
      template: {
        spec: {
          automountServiceAccountToken: false,
          restartPolicy: "Never",
          terminationGracePeriodSeconds: 1,
          ...(nodeSelector !== undefined && { nodeSelector: { ...nodeSelector } }),
          containers: [resticOf(secret, options, program)],
          volumes: [{ name: "volume", persistentVolumeClaim: { claimName: claim } }],
        },
      },
    },
  };
}

function resticOf(secret: Secret, { resticImage, resources }: MoveOptions, program: string): Container {
  const of = (name: string, key: string): EnvVar => ({
    name,
    valueFrom: { secretKeyRef: { name: secret.metadata?.name ?? "", key } },
  });
  return {
    name: "restic",
    image: resticImage,
    imagePullPolicy: "IfNotPresent",
    command: ["/bin/sh", "-c", program],
    env: [of("RESTIC_REPOSITORY", "repository"), of("RESTIC_PASSWORD", "password")],
    resources,
    // Files of all owners are read, and given back to them.
    securityContext: { runAsUser: 0 },
    volumeMounts: [{ name: "volume", mountPath: `${ROOT}/${FOLDER}` }],
  };
}
