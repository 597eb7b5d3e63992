/**
 * Fills nonces on the provider and signs them on the consumer: the proof that a consumer holds its key.
 * Upstream: pkg/liqo-controller-manager/authentication/{noncecreator,noncesigner}-controller
 */
import { randomBytes, sign } from "node:crypto";
import * as labels from "#api/labels.ts";
import { type Controller, DONE, watchFor } from "#kube/controller/controller.ts";
import { secrets } from "#machinery/builtin.ts";
import type { Deps } from "../../deps.ts";
import { ensureClusterKeys } from "../keys.ts";

const NONCE_BYTES = 64;

export function nonceCreatorController(deps: Deps): Controller {
  const informer = deps.informers.for(secrets, { labelSelector: labels.NONCE });
  const events = deps.events("nonce-creator-controller");
  return {
    name: "nonce-creator",
    watches: [watchFor(informer)],
    reconcile: async (ctx, key) => {
      const secret = informer.store.get(key);
      if (secret === undefined || secret.data?.["nonce"] !== undefined) return DONE;
      // The nonce itself is text: base64 of the random bytes, encoded once more by the Secret.
      const nonce = Buffer.from(randomBytes(NONCE_BYTES).toString("base64")).toString("base64");
      await deps.client.patch(ctx, secrets, key, "merge", { metadata: { uid: secret.metadata?.uid }, data: { nonce } });
      events.normal(ctx, secret, "NonceGenerated", "Nonce generated");
      return DONE;
    },
  };
}

export function nonceSignerController(deps: Deps): Controller {
  const informer = deps.informers.for(secrets, { labelSelector: labels.SIGNED_NONCE });
  const events = deps.events("nonce-signer-controller");
  return {
    name: "nonce-signer",
    watches: [watchFor(informer)],
    reconcile: async (ctx, key) => {
      const secret = informer.store.get(key);
      const nonce = secret?.data?.["nonce"];
      if (secret === undefined || nonce === undefined || secret.data?.["signedNonce"] !== undefined) return DONE;
      const { privateKey } = await ensureClusterKeys(ctx, deps.client, deps.settings.liqoNamespace);
      const signedNonce = signNonce(Buffer.from(nonce, "base64"), privateKey);
      await deps.client.patch(ctx, secrets, key, "merge", {
        metadata: { uid: secret.metadata?.uid },
        data: { signedNonce },
      });
      events.normal(ctx, secret, "NonceSigned", "Nonce signed");
      return DONE;
    },
  };
}

/** base64 of the signature. Ed25519 signs the nonce itself, other keys its SHA-256. */
export function signNonce(nonce: Buffer, privateKey: string): string {
  return sign(privateKey.includes("RSA") ? "sha256" : null, nonce, privateKey).toString("base64");
}
