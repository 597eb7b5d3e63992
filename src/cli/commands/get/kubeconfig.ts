/** `liqoctl get kubeconfig`: with what rights this cluster works at a provider. Upstream: pkg/liqoctl/rest/kubeconfig */
import { identities } from "#api/authentication/identity.ts";
import { parseYaml } from "#base/text/yaml.ts";
import { unbase64 } from "#forge/authentication.ts";
import { secrets } from "#machinery/builtin.ts";
import { argument } from "../../command/argument.ts";
import { namesOfKind } from "../../command/candidates.ts";
import { command } from "../../command/command.ts";
import { openScope, scopeFlags } from "../../command/flag-groups.ts";
import { CliError } from "../../errors.ts";
import { findNamed } from "../../named-object.ts";
import { knownPeer } from "../../peering/peer-scope.ts";
import { formatObject } from "../../printer/object.ts";
import { remoteClusterIdFlag } from "../create/object.ts";

export const getKubeconfigCommand = command({
  path: ["get", "kubeconfig"],
  aliases: ["kc"],
  summary: "Print the kubeconfig of an Identity: it holds the private key of this cluster.",
  description:
    "`controlplane-<provider>` is the Identity of Liqo itself, `resourceslice-<slice>` that of a virtual node.",
  examples: ["liqoctl get kubeconfig controlplane-rome --remote-cluster-id rome"],
  args: { identity: argument.one("name of the Identity", namesOfKind(identities)) },
  flags: { ...scopeFlags, remoteClusterId: remoteClusterIdFlag },
  async run(ctx, env, { args, flags }) {
    using cluster = openScope(flags, env);
    const { namespace } = await knownPeer(ctx, cluster, flags);
    const identity = await findNamed(ctx, cluster, identities, { name: args.identity, namespace });
    const name = identity.status?.kubeconfigSecretRef?.name ?? "";
    const secret = name === "" ? undefined : await cluster.client.find(ctx, secrets, { namespace, name });
    const kubeconfig = secret?.data?.["kubeconfig"];
    if (kubeconfig === undefined)
      throw new CliError(`Identity ${namespace}/${args.identity} has no kubeconfig yet`, {
        hint: "liqo-controller-manager makes it when the provider has answered: see `liqoctl info peer`",
      });
    env.printer.print(formatObject(parseYaml(unbase64(kubeconfig)), "yaml"));
  },
});
