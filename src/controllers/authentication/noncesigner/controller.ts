/**
 * On the consumer: signs nonces of providers, the proof that it holds its key. Writes Secrets.
 * Upstream: pkg/liqo-controller-manager/authentication/noncesigner-controller
 */
import type { Secret } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor } from "#kube/controller/controller.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { secrets } from "#machinery/builtin.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import { TenantNamespaces } from "#trust/tenant-namespaces.ts";
import type { Deps } from "../../deps.ts";
import { readClusterKeys } from "../clusterkeys/keys.ts";
import { nonceProblem, placeProblem, signNonce } from "../nonce.ts";

interface Work {
  readonly deps: Deps;
  readonly secrets: Informer<Secret>;
  readonly tenants: TenantNamespaces;
  readonly events: EventRecorder;
}

export function nonceSignerController(deps: Deps): Controller {
  const work: Work = {
    deps,
    secrets: deps.informers.for(secrets, { labelSelector: labels.SIGNED_NONCE }),
    tenants: new TenantNamespaces(deps.informers),
    events: deps.events("nonce-signer-controller"),
  };
  return {
    name: "nonce-signer",
    watches: [watchFor(work.secrets), work.tenants.watch((namespace) => work.secrets.store.list(namespace).map(keyOf))],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, { deps, events, ...work }: Work, key: ObjectKey): Promise<Result> {
  const secret = work.secrets.store.get(key);
  const nonce = secret?.data?.["nonce"];
  if (secret === undefined || nonce === undefined || secret.data?.["signedNonce"] !== undefined) return DONE;
  const problem = placeProblem(secret, work.tenants.peerOf(key.namespace)) ?? nonceProblem(nonce);
  if (problem !== undefined) {
    events.warning(ctx, secret, problem.reason, problem.message);
    return DONE;
  }
  const { privateKey } = await readClusterKeys(ctx, deps.client, deps.settings.liqoNamespace);
  const signedNonce = signNonce(Buffer.from(nonce, "base64"), privateKey);
  const body = { metadata: { uid: secret.metadata?.uid }, data: { signedNonce } };
  await deps.client.patch(ctx, secrets, key, "merge", body);
  events.normal(ctx, secret, "NonceSigned", "Nonce signed");
  return DONE;
}
