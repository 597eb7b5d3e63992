/**
 * Tokens of the consumer's service accounts for offloaded pods, renewed before they end.
 * Upstream: pkg/virtualKubelet/reflection/configuration/serviceaccount.go
 */
import type { Pod, Secret } from "kubernetes-types/core/v1";
import { API_SERVER_SUPPORT } from "#api/annotations.ts";
import { NODE_NAME } from "#api/labels.ts";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { tokenSecretName } from "#forge/pod/volumes.ts";
import { isReflected, REFLECTION_FIELD_MANAGER, reflectedSelector } from "#forge/reflected-metadata.ts";
import { nameTaken } from "#forge/sentences.ts";
import {
  forgeTokenSecret,
  type IssuedToken,
  type TokenWish,
  tokensValidForMs,
  tokenWishes,
} from "#forge/service-account-token.ts";
import { type Controller, DONE, type Result } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { secrets, serviceAccounts } from "#machinery/builtin.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import { isTerminal } from "#machinery/pod.ts";
import type { NamespacePair, ReflectionDeps, Reflector } from "../deps.ts";
import * as messages from "../messages.ts";
import { watchNamed } from "../watch.ts";

/** Keeps pods that started together from renewing together. */
const JITTER_MS = 30_000;
const SUFFIX = tokenSecretName("");

export const serviceAccountReflector: Reflector = { name: "serviceaccount", start: startTokenReflector };

interface Work {
  readonly deps: ReflectionDeps;
  readonly pair: NamespacePair;
  readonly remotes: Informer<Secret>;
}

function startTokenReflector(deps: ReflectionDeps, pair: NamespacePair): Controller {
  const labelSelector = `${reflectedSelector(deps.scope)},${NODE_NAME}=${deps.scope.nodeName}`;
  const remotes = pair.remotes.for(secrets, { namespace: pair.remote, labelSelector });
  const work: Work = { deps, pair, remotes };
  return {
    name: "serviceaccount-reflection",
    workers: deps.settings.reflectors.serviceaccount.workers,
    watches: [
      watchNamed(deps.localPods, (pod) => (pod.metadata?.namespace === pair.local ? keyOf(pod) : undefined)),
      watchNamed(remotes, ({ metadata }) => ({
        namespace: pair.local,
        name: (metadata?.name ?? "").slice(0, -SUFFIX.length),
      })),
    ],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const { deps, pair, remotes } = work;
  deps.metrics.item("serviceaccount", pair.local);
  const pod = deps.localPods.store.get(key);
  const secretKey = { namespace: pair.remote, name: tokenSecretName(key.name) };
  const secret = remotes.store.get(secretKey);
  const wishes = pod === undefined || isTerminal(pod) || !usesTokens(pod, deps) ? [] : tokenWishes(pod);
  if (pod === undefined || wishes.length === 0) {
    if (secret !== undefined) await deps.remote.deleteObserved(ctx, secrets, secret);
    return DONE;
  }
  const validMs = secret === undefined ? 0 : tokensValidForMs(secret, pod, wishes, deps.clock.epochMs());
  const { random = Math.random } = deps;
  if (validMs > 0) return { requeueAfterMs: validMs + random() * Math.min(JITTER_MS, validMs / 10) };
  // A pod on its way out has the tokens it needs.
  if (pod.metadata?.deletionTimestamp !== undefined) return DONE;
  await renew(ctx, work, pod, { wishes, secret });
  return DONE;
}

function usesTokens({ metadata }: Pod, { settings }: ReflectionDeps): boolean {
  const wish = metadata?.annotations?.[API_SERVER_SUPPORT];
  return settings.hasApiServerSupport && wish !== "disabled" && wish !== "remote";
}

async function renew(
  ctx: Context,
  work: Work,
  pod: Pod,
  { wishes, secret }: { readonly wishes: readonly TokenWish[]; readonly secret: Secret | undefined },
): Promise<void> {
  const { deps, pair, remotes } = work;
  const recorder = deps.events("liqo-serviceaccount-reflection");
  const { destination } = deps.scope;
  try {
    const tokens = await Promise.all(wishes.map((wish) => requestToken(ctx, deps, pod, wish)));
    const wanted = forgeTokenSecret(pod, pair.remote, deps.scope, tokens);
    if (secret !== undefined || !(await create(ctx, work, wanted))) {
      const present = secret ?? (await deps.remote.get(ctx, secrets, keyOf(wanted)));
      if (!isReflected(present, deps.scope)) {
        recorder.warning(ctx, pod, messages.FAILED_TOKENS, nameTaken(destination, pair.remote));
        return;
      }
      remotes.observe(await deps.remote.apply(ctx, secrets, wanted, { fieldManager: REFLECTION_FIELD_MANAGER }));
    }
    recorder.normal(ctx, pod, messages.SUCCESSFUL_TOKENS, messages.reflected(destination));
  } catch (error) {
    if (ctx.signal.aborted) return;
    deps.metrics.error("serviceaccount", pair.local);
    recorder.warning(ctx, pod, messages.FAILED_TOKENS, messages.failed(destination, messageOf(error)));
    throw error;
  }
}

/** Whether there was none of that name. */
async function create(ctx: Context, { deps: { remote }, remotes }: Work, wanted: Secret): Promise<boolean> {
  const made = await remote.createIfAbsent(ctx, secrets, wanted, { fieldManager: REFLECTION_FIELD_MANAGER });
  if (made !== undefined) remotes.observe(made);
  return made !== undefined;
}

/** A token of the consumer's API server that ends with the local pod. */
async function requestToken(ctx: Context, deps: ReflectionDeps, pod: Pod, wish: TokenWish): Promise<IssuedToken> {
  const { name = "", namespace = "", uid = "" } = pod.metadata ?? {};
  const account = { namespace, name: pod.spec?.serviceAccountName ?? "default" };
  const answer = await deps.local.createSubresource<{ status: { token: string; expirationTimestamp: string } }>(
    ctx,
    serviceAccounts,
    account,
    "token",
    {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: {
        audiences: wish.audience === undefined ? [] : [wish.audience],
        expirationSeconds: wish.expirationSeconds,
        boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid },
      },
    },
  );
  return { key: wish.key, token: answer.status.token, expirationMs: Date.parse(answer.status.expirationTimestamp) };
}
