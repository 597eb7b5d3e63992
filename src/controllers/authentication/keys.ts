/**
 * The cluster's own key pair, made once and never leaving the cluster. Providers know its public half and sign certificates
 * for it: a Secret that somebody deletes comes back with the same keys. Upstream: pkg/liqo-controller-manager/authentication/keys.go
 */
import type { Secret } from "kubernetes-types/core/v1";
import { identities } from "#api/authentication/identity.ts";
import type { Context } from "#base/context.ts";
import { base64, unbase64 } from "#forge/authentication.ts";
import { KEYS_SECRET } from "#forge/names.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { parseKubeconfig } from "#kube/client/config.ts";
import { type Controller, DONE, type Result, watchFor, watchStart } from "#kube/controller/controller.ts";
import { secrets } from "#machinery/builtin.ts";
import { isAlreadyExists } from "#machinery/status-error.ts";
import { generateKeyPair, publicKeyOf } from "#pki/keys.ts";
import { TenantNamespaces } from "#trust/tenant-namespaces.ts";
import type { Deps } from "../deps.ts";

export interface ClusterKeys {
  /** PKCS8 PEM. */
  readonly privateKey: string;
  /** SPKI PEM. */
  readonly publicKey: string;
}

/** The one that makes the Secret: as it was, or new when no provider knows any. */
export function clusterKeysController(deps: Deps): Controller {
  const key = { namespace: deps.settings.liqoNamespace, name: KEYS_SECRET };
  const informer = deps.informers.for(secrets, {
    namespace: key.namespace,
    fieldSelector: `metadata.name=${KEYS_SECRET}`,
  });
  const tenants = new TenantNamespaces(deps.informers);
  const identityInformer = deps.informers.for(identities);
  let known: string | undefined;
  return {
    name: "cluster-keys",
    watches: [watchStart(key), watchFor(informer), watchFor(identityInformer, () => false), tenants.watch(() => [])],
    reconcile: async (ctx): Promise<Result> => {
      const found = privateKeyIn(informer.store.get(key));
      if (found !== undefined) {
        known = found;
        return DONE;
      }
      known ??= (await certifiedKey(ctx)) ?? generateKeyPair("ed25519").privateKey;
      const data = { privateKey: base64(known), publicKey: base64(publicKeyOf(known)) };
      await deps.client.create(ctx, secrets, { metadata: key, type: "Opaque", data }).catch((error: unknown) => {
        if (!isAlreadyExists(error)) throw error;
      });
      return DONE;
    },
  };

  /** The key that a provider has signed a certificate for, out of the kubeconfig of an Identity. */
  async function certifiedKey(ctx: Context): Promise<string | undefined> {
    for (const { metadata, spec, status } of identityInformer.store.list()) {
      const name = status?.kubeconfigSecretRef?.name ?? "";
      if (name === "" || tenants.peerOf(metadata?.namespace) !== spec?.clusterID) continue;
      const secret = await deps.client.find(ctx, secrets, { namespace: metadata?.namespace ?? "", name });
      const kubeconfig = secret?.data?.["kubeconfig"];
      const [user] = kubeconfig === undefined ? [] : (parseKubeconfig(unbase64(kubeconfig), name).users ?? []);
      const found = user?.user?.["client-key-data"];
      if (typeof found === "string") return unbase64(found);
    }
    return undefined;
  }
}

/** Throws while there is no Secret: `clusterKeysController` is about to make it. */
export async function clusterKeys(ctx: Context, client: KubeClient, namespace: string): Promise<ClusterKeys> {
  const privateKey = privateKeyIn(await client.find(ctx, secrets, { namespace, name: KEYS_SECRET }));
  if (privateKey === undefined) throw new Error(`Secret ${namespace}/${KEYS_SECRET} holds no privateKey yet`);
  return { privateKey, publicKey: publicKeyOf(privateKey) };
}

function privateKeyIn(secret: Secret | undefined): string | undefined {
  const encoded = secret?.data?.["privateKey"];
  return encoded === undefined ? undefined : unbase64(encoded);
}
