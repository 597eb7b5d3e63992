/** The user by whom a consumer's administrator may peer with this cluster. Upstream: pkg/liqoctl/rest/peering-user/userfactory */
import { randomBytes } from "node:crypto";
import { systemClock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import { unbase64 } from "#forge/authentication.ts";
import { CONTROL_PLANE_GROUP } from "#forge/names.ts";
import {
  forgePeeringUserGrants,
  forgePeeringUserRequest,
  peeringUserLabel,
  peeringUserSelector,
} from "#forge/peering-user.ts";
import { certificateSigningRequests, configMaps, roleBindings, roles } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { createCsr } from "#pki/csr.ts";
import { generateKeyPair } from "#pki/keys.ts";
import { forgeKubeconfig, type Kubeconfig } from "#pki/kubeconfig.ts";
import { controlPlaneAddress, withScheme } from "#trust/api-server-address.ts";
import { signThroughCluster } from "#trust/signed-request.ts";
import type { Cluster } from "../cluster.ts";
import { findInstalled } from "../commands/install/installed.ts";
import { CliError } from "../errors.ts";

/** Bindings first: without them the rest gives no rights. */
const KINDS = [roleBindings, roles, certificateSigningRequests] as readonly Resource<KubeObject>[];

export interface PeeringUserRequest {
  readonly clusterId: string;
  readonly consumerId: string;
  readonly tenantNamespace: string;
  readonly algorithm: "ed25519" | "rsa-2048";
}

/** Throws a CliError when there is one: its key cannot be given once more. */
export async function requireNoPeeringUser(ctx: Context, { client }: Cluster, consumerId: string): Promise<void> {
  for (const resource of KINDS) {
    const { items } = await client.list(ctx, resource, { labelSelector: peeringUserSelector(consumerId), limit: 1 });
    if (items.length > 0)
      throw new CliError(`a user to peer from cluster ${consumerId} exists already`, {
        hint: `its kubeconfig is kept nowhere; \`liqoctl delete peering-user --consumer-cluster-id ${consumerId}\` revokes it, then again`,
      });
  }
}

/** The kubeconfig of a new user: its key is nowhere else. Rights are given last, so that a half-made one has none. */
export async function createPeeringUser(
  ctx: Context,
  cluster: Cluster,
  { clusterId, consumerId, tenantNamespace, algorithm }: PeeringUserRequest,
): Promise<Kubeconfig> {
  const { client, liqoNamespace } = cluster;
  const [server, ca] = [await serverOf(ctx, cluster), await caOf(ctx, cluster)];
  const user = `${peeringUserLabel(consumerId)}-${randomBytes(16).toString("hex")}`;
  const { privateKey } = generateKeyPair(algorithm);
  const csr = await createCsr(privateKey, { commonName: user, organizations: [CONTROL_PLANE_GROUP] });
  const request = forgePeeringUserRequest(consumerId, csr);
  const signer = { client, clock: systemClock };
  const certificate = await signThroughCluster(ctx, signer, request, "liqoctl generate peering-user");
  for (const { role, binding } of forgePeeringUserGrants({ consumerId, user, tenantNamespace, liqoNamespace })) {
    await client.create(ctx, roles, role);
    await client.create(ctx, roleBindings, binding);
  }
  return forgeKubeconfig({
    cluster: clusterId,
    server,
    ...(ca !== undefined && { ca }),
    user: `${consumerId}-user`,
    credentials: { certificate: unbase64(certificate), privateKey },
    namespace: tenantNamespace,
  });
}

/** Whether there was one. Its certificate stays valid, for a name that has no rights and gets none again. */
export async function deletePeeringUser(ctx: Context, { client }: Cluster, consumerId: string): Promise<boolean> {
  let found = false;
  for (const resource of KINDS) {
    const { items } = await client.list(ctx, resource, { labelSelector: peeringUserSelector(consumerId) });
    for (const item of items) await client.deleteObserved(ctx, resource, item);
    found ||= items.length > 0;
  }
  return found;
}

/** As the identities of consumers get it. */
async function serverOf(ctx: Context, cluster: Cluster): Promise<string> {
  const installed = await findInstalled(ctx, cluster);
  const override = installed?.flagOf("api-server-address-override");
  return override === undefined ? controlPlaneAddress(ctx, cluster.client) : withScheme(override);
}

/** That of the kubeconfig, or the cluster's own. */
async function caOf(ctx: Context, { client, liqoNamespace }: Cluster): Promise<string | undefined> {
  const { ca } = client.transport.config;
  if (ca !== undefined) return ca;
  const found = await client.find(ctx, configMaps, { namespace: liqoNamespace, name: "kube-root-ca.crt" });
  return found?.data?.["ca.crt"];
}
