/**
 * Gives each pod a ServiceAccount, its image pull secrets and a volume with its token.
 * Kubernetes: plugin/pkg/admission/serviceaccount/admission.go
 */

import type { Pod, PodSpec, ServiceAccount, Volume } from "kubernetes-types/core/v1";
import { type Context, sleep } from "#base/context.ts";
import { serviceAccounts } from "#machinery/builtin.ts";
import { forbiddenError } from "#machinery/status-error.ts";
import { generateName } from "../handlers/metadata.ts";
import type { AdmissionPlugin, ObjectReader } from "../request.ts";
import { isMirrorPod, isPodCreation, podOf, startedContainersOf } from "./pod-request.ts";

const MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";
const VOLUME_PREFIX = "kube-api-access-";
/** One hour and a little, which the token endpoint recognises as a kubelet's request. */
const TOKEN_SECONDS = 60 * 60 + 7;
const DEFAULT_ATTEMPTS = 10;
// Kubernetes: 100 to 200 ms
const ATTEMPT_MS = 150;
/** Octal 0644. */
const MODE = 420;

export function serviceAccountPlugin(reader: ObjectReader): AdmissionPlugin {
  return {
    name: "ServiceAccount",
    handles: isPodCreation,
    async admit(ctx, request) {
      const pod = podOf(request);
      const spec = pod.spec;
      if (spec === undefined || isMirrorPod(pod)) return;
      spec.serviceAccountName = spec.serviceAccountName || spec.serviceAccount || "default";
      spec.serviceAccount = spec.serviceAccountName;
      const account = await findAccount(ctx, reader, request.namespace, spec.serviceAccountName);
      if (account === undefined) {
        const wanted = `${request.namespace}/${spec.serviceAccountName}`;
        const why = `error looking up service account ${wanted}: serviceaccount ${JSON.stringify(spec.serviceAccountName)} not found`;
        throw forbiddenError(request.resource, request.name, why);
      }
      if (wantsToken(pod, account)) mountToken(pod, spec);
      const pullSecrets = account.imagePullSecrets ?? [];
      if ((spec.imagePullSecrets ?? []).length === 0 && pullSecrets.length > 0)
        spec.imagePullSecrets = structuredClone([...pullSecrets]);
    },
  };
}

/** A new namespace gets its default account a moment later: the plugin looks again, ten times, as Kubernetes' does. */
async function findAccount(
  ctx: Context,
  reader: ObjectReader,
  namespace: string,
  name: string,
): Promise<ServiceAccount | undefined> {
  const attempts = name === "default" ? DEFAULT_ATTEMPTS : 1;
  for (let attempt = 1; ; attempt++) {
    const account = reader.get(serviceAccounts, namespace, name);
    if (account !== undefined || attempt >= attempts || ctx.signal.aborted) return account;
    await sleep(ctx, ATTEMPT_MS);
  }
}

function wantsToken(pod: Pod, account: ServiceAccount): boolean {
  return pod.spec?.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
}

function mountToken(pod: Pod, spec: PodSpec): void {
  const volumes = spec.volumes ?? [];
  const present = volumes.find((volume) => volume.name.startsWith(VOLUME_PREFIX));
  const name = present?.name ?? generateName(VOLUME_PREFIX);
  let mounted = false;
  for (const container of startedContainersOf(pod)) {
    const mounts = container.volumeMounts ?? [];
    if (mounts.some((mount) => mount.mountPath === MOUNT_PATH)) continue;
    container.volumeMounts = [...mounts, { name, readOnly: true, mountPath: MOUNT_PATH }];
    mounted = true;
  }
  if (mounted && present === undefined) spec.volumes = [...volumes, tokenVolume(name)];
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      defaultMode: MODE,
      sources: [
        { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: "token" } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        {
          downwardAPI: {
            items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }],
          },
        },
      ],
    },
  };
}
