/** Tokens of the consumer's service accounts for offloaded pods. Upstream: pkg/virtualKubelet/forge/secrets.go (RemoteServiceAccountTokensSecret) */
import type { Pod, Secret } from "kubernetes-types/core/v1";
import * as annotations from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import { timestamp } from "#machinery/conditions.ts";
import { namespaceKeys, tokenKey, tokenSecretName } from "./pod/volumes.ts";
import { ownershipLabels, type ReflectionScope } from "./reflected-metadata.ts";

/** Kubernetes: TokenRequestSpec.expirationSeconds */
const DEFAULT_EXPIRATION_SECONDS = 3600;
/** The share of a token's life after which it is renewed, as a kubelet does. */
const REFRESH_AT = 0.8;

export interface TokenWish {
  /** Key in the Secret. */
  readonly key: string;
  readonly audience: string | undefined;
  readonly expirationSeconds: number;
}

/** One for each projected token of the pod. */
export function tokenWishes(pod: Pod): TokenWish[] {
  return (pod.spec?.volumes ?? []).flatMap((volume) =>
    (volume.projected?.sources ?? []).flatMap(({ serviceAccountToken: token }) =>
      token === undefined
        ? []
        : [
            {
              key: tokenKey(volume.name, token.path),
              audience: token.audience,
              expirationSeconds: token.expirationSeconds ?? DEFAULT_EXPIRATION_SECONDS,
            },
          ],
    ),
  );
}

export interface IssuedToken {
  readonly key: string;
  readonly token: string;
  readonly expirationMs: number;
}

export function forgeTokenSecret(
  pod: Pod,
  namespace: string,
  scope: ReflectionScope,
  tokens: readonly IssuedToken[],
): Secret {
  const { name = "", uid = "" } = pod.metadata ?? {};
  const first = Math.min(...tokens.map(({ expirationMs }) => expirationMs));
  return {
    metadata: {
      name: tokenSecretName(name),
      namespace,
      labels: {
        ...ownershipLabels(scope),
        [labels.NODE_NAME]: scope.nodeName,
        [labels.SERVICE_ACCOUNT_NAME]: pod.spec?.serviceAccountName ?? "default",
      },
      annotations: {
        [annotations.TOKEN_FOR_POD_NAME]: name,
        [annotations.TOKEN_FOR_POD_UID]: uid,
        [annotations.TOKEN_EXPIRATION]: timestamp(first),
      },
    },
    type: "Opaque",
    immutable: false,
    data: Object.fromEntries([
      ...tokens.map(({ key, token }) => [key, encoded(token)]),
      ...namespaceKeys(pod).map((key) => [key, encoded(pod.metadata?.namespace ?? "")]),
    ]),
  };
}

function encoded(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** How long the tokens of a Secret serve this pod; zero or less: they must be made now. */
export function tokensValidForMs(secret: Secret, pod: Pod, wishes: readonly TokenWish[], nowMs: number): number {
  const own = secret.metadata?.annotations ?? {};
  if (own[annotations.TOKEN_FOR_POD_UID] !== pod.metadata?.uid) return 0;
  const keys = [...wishes.map(({ key }) => key), ...namespaceKeys(pod)];
  if (keys.some((key) => secret.data?.[key] === undefined)) return 0;
  const expirationMs = Date.parse(own[annotations.TOKEN_EXPIRATION] ?? "");
  const lifeMs = Math.min(...wishes.map(({ expirationSeconds }) => expirationSeconds)) * 1000;
  return Number.isNaN(expirationMs) ? 0 : expirationMs - (1 - REFRESH_AT) * lifeMs - nowMs;
}
