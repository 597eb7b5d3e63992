/**
 * The cluster's own key pair, made once and never leaving the cluster. Providers know its public half and sign certificates
 * for it: a Secret that somebody deletes comes back with the same keys. Writes that Secret.
 * Upstream: pkg/liqo-controller-manager/authentication/keys.go
 */
import type { Secret } from "kubernetes-types/core/v1";
import { type Identity, identities } from "#api/authentication/identity.ts";
import type { Context } from "#base/context.ts";
import { forgeKeysSecret, unbase64 } from "#forge/authentication.ts";
import { KEYS_SECRET } from "#forge/names.ts";
import { parseKubeconfig } from "#kube/client/config.ts";
import { type Controller, DONE, type Result, watchFor, watchStart } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { secrets } from "#machinery/builtin.ts";
import type { ObjectKey } from "#machinery/meta.ts";
import { generateKeyPair, publicKeyOf } from "#pki/keys.ts";
import { TenantNamespaces } from "#trust/tenant-namespaces.ts";
import type { Deps } from "../../deps.ts";
import { privateKeyIn } from "./keys.ts";

interface Work {
  readonly deps: Deps;
  readonly secrets: Informer<Secret>;
  readonly identities: Informer<Identity>;
  readonly tenants: TenantNamespaces;
  /** The private key as last seen or made: it outlives its Secret. */
  readonly known: { privateKey?: string };
}

export function clusterKeysController(deps: Deps): Controller {
  const key = { namespace: deps.settings.liqoNamespace, name: KEYS_SECRET };
  const scope = { namespace: key.namespace, fieldSelector: `metadata.name=${KEYS_SECRET}` };
  const work: Work = {
    deps,
    secrets: deps.informers.for(secrets, scope),
    identities: deps.informers.for(identities),
    tenants: new TenantNamespaces(deps.informers),
    known: {},
  };
  return {
    name: "cluster-keys",
    watches: [
      watchStart(key),
      watchFor(work.secrets),
      watchFor(work.identities, () => false),
      work.tenants.watch(() => []),
    ],
    reconcile: (ctx) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const { deps, known } = work;
  const found = privateKeyIn(work.secrets.store.get(key));
  known.privateKey =
    found ??
    known.privateKey ??
    (await certifiedKey(ctx, work)) ??
    generateKeyPair(deps.settings.keyAlgorithm).privateKey;
  if (found !== undefined) return DONE;
  const { privateKey } = known;
  const wanted = forgeKeysSecret(key.namespace ?? "", { privateKey, publicKey: publicKeyOf(privateKey) });
  await deps.client.createIfAbsent(ctx, secrets, wanted);
  return DONE;
}

/** The key that a provider has signed a certificate for, out of the kubeconfig of an Identity. */
async function certifiedKey(ctx: Context, { deps, identities: informer, tenants }: Work): Promise<string | undefined> {
  for (const { metadata, spec, status } of informer.store.list()) {
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
