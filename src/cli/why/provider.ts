/** The other cluster: asked as whoever the caller names, else as an identity that the peering has there. */
import { type Context, withTimeout } from "#base/context.ts";
import { KubeClient } from "#kube/client/client.ts";
import { inlineConfigFromText } from "#kube/client/inline-config.ts";
import { secrets } from "#machinery/builtin.ts";
import type { ObjectKey } from "#machinery/meta.ts";
import { ANSWER_MS, type Cluster, findClusterId } from "../cluster.ts";
import { look, type Seen, visible } from "./seen.ts";

export interface Access {
  readonly home: Cluster;
  /** The provider, where the caller has named it. */
  readonly remote?: NamedCluster | undefined;
}

export interface NamedCluster {
  readonly cluster: Cluster;
  /** Undefined: it does not say. */
  readonly id: string | undefined;
}

/** `remote`: undefined where the caller names none. */
export async function accessTo(ctx: Context, home: Cluster, remote: Cluster | undefined): Promise<Access> {
  const id = remote === undefined ? undefined : visible(await look(findClusterId(ctx, remote)));
  return { home, remote: remote === undefined ? undefined : { cluster: remote, id } };
}

export interface Asked {
  /** Cluster id of the provider. */
  readonly id: string;
  /** At home, with the kubeconfig of an identity there. */
  readonly secret: ObjectKey | undefined;
}

export function askProvider<T>(
  ctx: Context,
  { home, remote }: Access,
  { id, secret }: Asked,
  ask: (limited: Context, client: KubeClient) => Promise<T>,
): Promise<Seen<T>> {
  const limited = withTimeout(ctx, ANSWER_MS);
  const run = async (): Promise<T> => {
    // The caller may have named another peer than the one that matters.
    if (remote !== undefined && (remote.id ?? id) === id) return ask(limited, remote.cluster.client);
    using there = await openIdentity(limited, home.client, secret);
    return await ask(limited, there);
  };
  return look(run());
}

async function openIdentity(ctx: Context, client: KubeClient, key: ObjectKey | undefined): Promise<KubeClient> {
  if (key === undefined) throw new Error("there is no VirtualNode that names a kubeconfig");
  const secret = await client.get(ctx, secrets, key);
  const text = Buffer.from(secret.data?.["kubeconfig"] ?? "", "base64").toString("utf8");
  return new KubeClient(inlineConfigFromText(text, `Secret ${key.namespace}/${key.name}`), "liqoctl");
}
