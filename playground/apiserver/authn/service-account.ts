/**
 * Users named by service-account tokens. A token counts only while its ServiceAccount and what it is bound to exist.
 * Kubernetes: pkg/serviceaccount/{jwt.go,claims.go,legacy.go}
 */
import { nodes, pods, secrets, serviceAccounts } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import {
  type BoundReference,
  LEGACY_ISSUER,
  looksLikeJwt,
  type TokenSigner,
  type VerifiedToken,
} from "#pki/service-account-token.ts";
import type { ObjectReader, UserInfo } from "../request.ts";
import type { TokenAuthenticator } from "./bearer-token.ts";

export interface ServiceAccountAuthenticatorOptions {
  readonly signer: TokenSigner;
  readonly reader: ObjectReader;
  readonly now: () => number;
}

/** A bound object under deletion still counts for a minute: the grace period ends with requests. */
const DELETION_LEEWAY_MS = 60_000;
/** Verified signatures remembered; more than service accounts in use at once. */
const CACHE_SIZE = 4096;

export function serviceAccountAuthenticator(options: ServiceAccountAuthenticatorOptions): TokenAuthenticator {
  const verified = new Map<string, VerifiedToken>();
  return {
    async authenticateToken(text, audiences) {
      if (!looksLikeJwt(text)) return undefined;
      const token = await verifyCached(options, verified, text);
      if (token === undefined) return undefined;
      const legacy = token.issuer === LEGACY_ISSUER;
      const accepted = legacy ? audiences : audiences.filter((audience) => token.audiences.includes(audience));
      if (accepted.length === 0)
        throw new Error(
          `token audiences ${JSON.stringify(token.audiences)} is invalid for the target audiences ${JSON.stringify(audiences)}`,
        );
      checkExistence(options, token, text);
      return { user: userOf(token), audiences: accepted };
    },
  };
}

/** The user that any valid token of this ServiceAccount stands for. */
export function serviceAccountUser(namespace: string, name: string): UserInfo {
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`],
  };
}

/** Signatures are verified once; expiry and existence each time. */
async function verifyCached(
  { signer, now }: ServiceAccountAuthenticatorOptions,
  cache: Map<string, VerifiedToken>,
  text: string,
): Promise<VerifiedToken | undefined> {
  const known = cache.get(text);
  if (known !== undefined) {
    if (known.expiresAtMs === undefined || now() < known.expiresAtMs) return known;
    cache.delete(text);
    return undefined;
  }
  const token = await signer.verify(text, now());
  if (token === undefined) return undefined;
  const oldest = cache.keys().next();
  if (cache.size >= CACHE_SIZE && oldest.done !== true) cache.delete(oldest.value);
  cache.set(text, token);
  return token;
}

function checkExistence(options: ServiceAccountAuthenticatorOptions, token: VerifiedToken, text: string): void {
  const { namespace, serviceaccount, pod, secret, node } = token.claims;
  checkReference(options, serviceAccounts, namespace, serviceaccount);
  if (pod !== undefined) checkReference(options, pods, namespace, pod);
  if (node !== undefined && pod === undefined) checkReference(options, nodes, "", node);
  if (secret === undefined) return;
  checkReference(options, secrets, namespace, secret);
  if (token.issuer !== LEGACY_ISSUER) return;
  const stored = options.reader.get(secrets, namespace, secret.name)?.data?.token ?? "";
  if (Buffer.from(stored, "base64").toString() !== text) throw new Error("token does not match server's copy");
}

function checkReference(
  { reader, now }: ServiceAccountAuthenticatorOptions,
  resource: Resource<KubeObject>,
  namespace: string,
  bound: BoundReference,
): void {
  const object = reader.get(resource, namespace, bound.name);
  const { uid, deletionTimestamp } = object?.metadata ?? {};
  const gone = deletionTimestamp !== undefined && Date.parse(deletionTimestamp) + DELETION_LEEWAY_MS < now();
  // Legacy claims hold no uid of their Secret.
  if (object === undefined || gone || (bound.uid !== "" && uid !== bound.uid)) {
    throw new Error(`${resource.kind} ${namespace}/${bound.name} has been deleted`);
  }
}

function userOf(token: VerifiedToken): UserInfo {
  const { namespace, serviceaccount, pod, node } = token.claims;
  const prefix = "authentication.kubernetes.io";
  const extra: Record<string, string[]> = {
    ...(token.id !== undefined && { [`${prefix}/credential-id`]: [`JTI=${token.id}`] }),
    ...(node !== undefined && { [`${prefix}/node-name`]: [node.name], [`${prefix}/node-uid`]: [node.uid] }),
    ...(pod !== undefined && { [`${prefix}/pod-name`]: [pod.name], [`${prefix}/pod-uid`]: [pod.uid] }),
  };
  const user = serviceAccountUser(namespace, serviceaccount.name);
  return { ...user, uid: serviceaccount.uid, ...(Object.keys(extra).length > 0 && { extra }) };
}
