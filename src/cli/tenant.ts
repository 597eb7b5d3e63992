/** The namespace that one cluster keeps for another. Upstream: pkg/tenantNamespace */
import type { Namespace } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import type { Context } from "#base/context.ts";
import { tenantNamespaceName } from "#forge/names.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { namespaces } from "#machinery/builtin.ts";
import { unlessForbidden } from "./checks/rights.ts";
import { CliError } from "./errors.ts";

/** By its labels, as upstream; by its name for a user who may not list namespaces, such as a peering user. */
export async function findTenantNamespace(
  ctx: Context,
  client: KubeClient,
  remoteId: string,
): Promise<string | undefined> {
  const list = await unlessForbidden(client.list(ctx, namespaces, { labelSelector: selectorOf(remoteId) }));
  if (list === undefined) return findByName(ctx, client, remoteId);
  const { items } = list;
  if (items.length > 1)
    throw new CliError(
      `${items.length} namespaces are labelled as tenant namespace of cluster ${remoteId}; there must be one`,
    );
  return items[0]?.metadata?.name;
}

/** The namespace that the kubeconfig names may be another than usual. */
async function findByName(ctx: Context, client: KubeClient, remoteId: string): Promise<string | undefined> {
  for (const name of new Set([client.namespace, tenantNamespaceName(remoteId)])) {
    const found = await unlessForbidden(client.find(ctx, namespaces, { name }));
    const own = found?.metadata?.labels;
    if (own?.[labels.TENANT_NAMESPACE] === "true" && own[labels.REMOTE_CLUSTER_ID] === remoteId) return name;
  }
  return undefined;
}

function selectorOf(remoteId: string): string {
  return `${labels.TENANT_NAMESPACE}=true,${labels.REMOTE_CLUSTER_ID}=${remoteId}`;
}

export async function ensureTenantNamespace(ctx: Context, client: KubeClient, remoteId: string): Promise<string> {
  const found = await findTenantNamespace(ctx, client, remoteId);
  if (found !== undefined) return found;
  const namespace = forgeTenantNamespace(remoteId);
  const { name = "" } = namespace.metadata ?? {};
  if ((await client.createIfAbsent(ctx, namespaces, namespace)) === undefined)
    throw new CliError(`namespace ${name} exists and is not a tenant namespace of cluster ${remoteId}`, {
      hint: `remove it, or label it: kubectl label namespace ${name} ${labels.TENANT_NAMESPACE}=true ${labels.REMOTE_CLUSTER_ID}=${remoteId}`,
    });
  return name;
}

export function forgeTenantNamespace(remoteId: string): Namespace {
  const security = ["audit", "enforce", "warn"].map((mode) => [`pod-security.kubernetes.io/${mode}`, "privileged"]);
  return {
    metadata: {
      name: tenantNamespaceName(remoteId),
      labels: {
        [labels.REMOTE_CLUSTER_ID]: remoteId,
        [labels.TENANT_NAMESPACE]: "true",
        ...Object.fromEntries(security),
      },
    },
  };
}

/** Throws a CliError when `asked`, which a person gave, is another namespace than the one `found` for the peer. */
export function requireTenantNamespace(remoteId: string, found: string | undefined, asked: string | undefined): void {
  // As upstream: the namespace that a kubeconfig has by default is none that anybody asked for.
  if (asked === undefined || asked === "default") return;
  const own = found ?? tenantNamespaceName(remoteId);
  if (asked !== own)
    throw new CliError(`namespace ${asked} is not the tenant namespace of cluster ${remoteId}`, {
      hint: `leave the namespace out for ${own}: Liqo counts what lies elsewhere for nothing`,
    });
}

/** The namespace that is kept for the peer. Throws a CliError when there is none. */
export async function requireKnownNamespace(ctx: Context, client: KubeClient, remoteId: string): Promise<string> {
  const found = await findTenantNamespace(ctx, client, remoteId);
  if (found !== undefined) return found;
  throw new CliError(`there is no tenant namespace of cluster ${remoteId}`, {
    hint: "check the id: `kubectl get foreignclusters` lists the peers; `liqoctl authenticate` or `liqoctl network connect` makes the namespace of a new one",
  });
}
