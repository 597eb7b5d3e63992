/**
 * On the provider: fills nonces, which a consumer is to sign. Writes Secrets.
 * Upstream: pkg/liqo-controller-manager/authentication/noncecreator-controller
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
import { newNonce, placeProblem } from "../nonce.ts";

interface Work {
  readonly deps: Deps;
  readonly secrets: Informer<Secret>;
  readonly tenants: TenantNamespaces;
  readonly events: EventRecorder;
}

export function nonceCreatorController(deps: Deps): Controller {
  const work: Work = {
    deps,
    secrets: deps.informers.for(secrets, { labelSelector: labels.NONCE }),
    tenants: new TenantNamespaces(deps.informers),
    events: deps.events("nonce-creator-controller"),
  };
  return {
    name: "nonce-creator",
    watches: [watchFor(work.secrets), work.tenants.watch((namespace) => work.secrets.store.list(namespace).map(keyOf))],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const secret = work.secrets.store.get(key);
  if (secret === undefined || secret.data?.["nonce"] !== undefined) return DONE;
  const problem = placeProblem(secret, work.tenants.peerOf(key.namespace));
  if (problem !== undefined) {
    work.events.warning(ctx, secret, problem.reason, problem.message);
    return DONE;
  }
  const body = { metadata: { uid: secret.metadata?.uid }, data: { nonce: newNonce() } };
  await work.deps.client.patch(ctx, secrets, key, "merge", body);
  work.events.normal(ctx, secret, "NonceGenerated", "Nonce generated");
  return DONE;
}
