/** `liqoctl generate peering-user`: rights to peer with this cluster, and no others. Upstream: pkg/liqoctl/rest/peering-user */
import { clusterIdOf } from "../../cluster.ts";
import { command } from "../../command/command.ts";
import { flag } from "../../command/flag.ts";
import { accessFlags, liqoNamespaceFlag, openScope, timeoutFlag } from "../../command/flag-groups.ts";
import { CliError } from "../../errors.ts";
import { ensureNonce } from "../../peering/authentication/nonce.ts";
import { createPeeringUser, requireNoPeeringUser } from "../../peering/peering-user.ts";
import { formatObject } from "../../printer/object.ts";
import { ensureTenantNamespace } from "../../tenant.ts";
import { findInstalled } from "../install/installed.ts";

export const consumerClusterIdFlag = flag.required("id of the cluster that is to peer with this one", "id");

export const generatePeeringUserCommand = command({
  path: ["generate", "peering-user"],
  summary: "At a provider: make a user who may peer with this cluster and do nothing else; print its kubeconfig.",
  description:
    "For an administrator of the consumer who has no rights here: `liqoctl peer` and `unpeer` take it as --remote-kubeconfig. The kubeconfig is printed once and kept nowhere. `liqoctl delete peering-user` revokes it.",
  examples: [
    "liqoctl generate peering-user --context rome --consumer-cluster-id milan > rome-for-milan.yaml",
    "liqoctl peer --context milan --remote-kubeconfig rome-for-milan.yaml",
  ],
  flags: {
    ...accessFlags,
    ...liqoNamespaceFlag,
    consumerClusterId: consumerClusterIdFlag,
    tlsCompatibilityMode: flag.choice(
      "whether the key is RSA, for servers that take no Ed25519 (auto: as liqo-controller-manager here)",
      "mode",
      ["auto", "true", "false"],
      { initial: "auto" },
    ),
    timeout: timeoutFlag("30s"),
  },
  async run(ctx, env, { flags }) {
    using cluster = openScope(flags, env);
    const { consumerClusterId: consumerId, tlsCompatibilityMode: mode } = flags;
    const clusterId = await clusterIdOf(ctx, cluster);
    if (consumerId === clusterId)
      throw new CliError(`--consumer-cluster-id "${consumerId}" is the cluster itself`, {
        hint: "give the id of the consumer: `liqoctl info -g clusterid` there prints it",
      });
    await requireNoPeeringUser(ctx, cluster, consumerId);
    const isRsa =
      mode === "auto"
        ? (await findInstalled(ctx, cluster))?.flagOf("tls-compatibility-mode") === "true"
        : mode === "true";
    const tenantNamespace = await ensureTenantNamespace(ctx, cluster.client, consumerId);
    const kubeconfig = await env.printer.step("local", "Peering user created", async () => {
      // The user may read it and make none.
      await ensureNonce(
        ctx,
        { scope: "local", cluster, peerId: consumerId, namespace: tenantNamespace },
        flags.timeout,
      );
      const algorithm = isRsa ? "rsa-2048" : "ed25519";
      return createPeeringUser(ctx, cluster, { clusterId, consumerId, tenantNamespace, algorithm });
    });
    env.printer.warning("local", "keep what is printed: it is stored nowhere");
    env.printer.warning("local", `it can only be used to peer from the cluster with the id ${consumerId}`);
    env.printer.print(formatObject(kubeconfig, "yaml"));
  },
});
