/** Two API servers with Liqo's CRDs, as consumer and provider of one virtual node. For tests of reflection. */
import * as labels from "#api/labels.ts";
import { type Context, withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { KubeClient } from "#kube/client/client.ts";
import { namespaces } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject, ObjectKey } from "#machinery/meta.ts";
import type { Identity } from "#pki/certificate.ts";
import { generateKeyPair } from "#pki/keys.ts";
import { TokenSigner } from "#pki/service-account-token.ts";
import { createTokenAuthenticator } from "#playground/apiserver/authn/authenticator.ts";
import { createRbacAuthorizer } from "#playground/apiserver/authz/rbac.ts";
import type { Authorizer } from "#playground/apiserver/request.ts";
import { connectors, virtualResources } from "#playground/apiserver/subresources/connectors.ts";
import { startTestApiServer, type TestApiServer } from "#playground/testing.ts";
import { liqoCrds } from "./liqo-crds.ts";

const DEADLINE_MS = 20_000;

export interface TestCluster extends AsyncDisposable {
  readonly api: TestApiServer;
  readonly client: KubeClient;
}

export interface TwoClusters extends AsyncDisposable {
  readonly ctx: Context;
  readonly consumer: TestCluster;
  readonly provider: TestCluster;
}

export interface TwoClustersOptions {
  /** The only thing the provider refuses: creating this resource, for this reason. */
  readonly refused?: { readonly resource: string; readonly reason: string; readonly verb?: string };
  /** Resources of which the provider refuses everything; may be changed while it runs. */
  readonly forbidden?: ReadonlySet<string>;
  /** The provider's own, to sign certificates by. */
  readonly ca?: Identity;
}

/** The namespaces whose tenant is the other cluster, at consumer and provider. */
export const TENANT_NAMESPACES = { consumer: "liqo-tenant-cluster-b", provider: "liqo-tenant-cluster-a" } as const;

/** `off` exists at the consumer, its twin `off-cluster-a` at the provider, a tenant namespace for the other at each. */
export async function startTwoClusters(options: TwoClustersOptions = {}): Promise<TwoClusters> {
  const { ctx, cancel } = withCancel({ signal: new AbortController().signal, log: silentLogger });
  const [consumer, provider] = await Promise.all([
    startCluster(ctx, { namespaces: ["default", "off", "kube-node-lease"], peer: "cluster-b" }),
    startCluster(ctx, { ...options, namespaces: ["default", "off-cluster-a"], peer: "cluster-a" }),
  ]);
  return {
    ctx,
    consumer,
    provider,
    [Symbol.asyncDispose]: async () => {
      cancel();
      await Promise.all([consumer[Symbol.asyncDispose](), provider[Symbol.asyncDispose]()]);
    },
  };
}

interface ClusterOptions {
  readonly namespaces: readonly string[];
  readonly peer: string;
  readonly refused?: TwoClustersOptions["refused"];
  readonly forbidden?: TwoClustersOptions["forbidden"];
  readonly ca?: TwoClustersOptions["ca"];
}

async function startCluster(
  ctx: Context,
  { namespaces: names, peer, refused, forbidden, ca }: ClusterOptions,
): Promise<TestCluster> {
  const signer = new TokenSigner(generateKeyPair().privateKey);
  const api = await startTestApiServer({
    namespaces: names,
    crds: liqoCrds(),
    ...(ca !== undefined && { ca }),
    parts: (services) => {
      const { reader } = services;
      const authorizer: Authorizer = {
        authorize: ({ verb, plural }) =>
          refused !== undefined && verb === (refused.verb ?? "create") && plural === refused.resource
            ? { allowed: false, reason: refused.reason }
            : { allowed: forbidden?.has(plural) !== true, reason: "" },
      };
      const rbac = createRbacAuthorizer(reader, ctx.signal);
      return {
        connectors: connectors({ services, signer, kubelet: {} }),
        virtual: virtualResources({ services, authorizer, rbac, tokens: createTokenAuthenticator({ reader, signer }) }),
        authorizer,
      };
    },
  });
  const client = new KubeClient({ server: api.url, ca: api.ca, token: api.adminToken }, "test");
  await client.create(ctx, namespaces, {
    metadata: {
      name: `liqo-tenant-${peer}`,
      labels: { [labels.TENANT_NAMESPACE]: "true", [labels.REMOTE_CLUSTER_ID]: peer },
    },
  });
  return {
    api,
    client,
    [Symbol.asyncDispose]: async () => {
      client[Symbol.dispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}

/** The object once it satisfies `accepts` (default: exists); by watching, so no time is lost. */
export async function seen<T extends KubeObject>(
  client: KubeClient,
  resource: Resource<T>,
  key: ObjectKey,
  accepts: (object: T) => boolean = () => true,
): Promise<T> {
  const found = await watchUntil(client, resource, key, (object) => object !== undefined && accepts(object));
  // watchUntil accepts nothing else here.
  return found as T;
}

export async function gone<T extends KubeObject>(
  client: KubeClient,
  resource: Resource<T>,
  key: ObjectKey,
): Promise<void> {
  await watchUntil(client, resource, key, (object) => object === undefined);
}

async function watchUntil<T extends KubeObject>(
  client: KubeClient,
  resource: Resource<T>,
  key: ObjectKey,
  accepts: (object: T | undefined) => boolean,
): Promise<T | undefined> {
  const { ctx, cancel } = withCancel({ signal: AbortSignal.timeout(DEADLINE_MS), log: silentLogger });
  const scope = {
    ...(key.namespace !== undefined && { namespace: key.namespace }),
    fieldSelector: `metadata.name=${key.name}`,
  };
  let last: T | undefined;
  try {
    const list = await client.list(ctx, resource, scope);
    last = list.items[0];
    if (accepts(last)) return last;
    const { resourceVersion = "0" } = list.metadata;
    for await (const event of client.watch(ctx, resource, { ...scope, resourceVersion })) {
      if (event.type === "BOOKMARK") continue;
      last = event.type === "DELETED" ? undefined : event.object;
      if (accepts(last)) return last;
    }
  } catch (cause) {
    throw new Error(`${resource.plural} ${key.name}: last seen ${JSON.stringify(last)}`, { cause });
  } finally {
    cancel();
  }
  throw new Error(`${resource.plural} ${key.name}: the watch ended`);
}
