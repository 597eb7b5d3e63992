/** `liqoctl install`: everything is given. Upstream: pkg/liqoctl/install/generic */
import { flag } from "../../../command/flag.ts";
import { CliError } from "../../../errors.ts";
import { apiServerOf, provider } from "../provider.ts";

export const generic = provider({
  name: undefined,
  aliases: ["upgrade"],
  summary: "Install or upgrade Liqo on a cluster.",
  description:
    "Checks settings, cluster and rights before the first change, applies the CRDs, installs the chart through Helm and waits for the controllers. Repeatable: what is there already is upgraded, under the id that the cluster has. For some kinds of clusters there is a command of its own, which finds out the CIDRs by itself. Values: those of the chart, then of these flags, then of --values, --set and --set-string, each over those before it.",
  examples: [
    "liqoctl install --cluster-id milan --pod-cidr 10.244.0.0/16 --service-cidr 10.96.0.0/16",
    "liqoctl install kind --cluster-id milan",
    "liqoctl install kind --plan",
    "liqoctl install --pod-cidr 10.244.0.0/16 --service-cidr 10.96.0.0/16 --only-output-values",
  ],
  flags: {
    podCidr: flag.lists("CIDR of the pods (required here; one: several are refused)", "cidr"),
    serviceCidr: flag.string("CIDR of the Services (required here)", "cidr"),
    apiServerUrl: flag.string("API server as peers reach it (default: that of the kubeconfig)", "url"),
  },
  async detect(_ctx, _cluster, { podCidr, serviceCidr, apiServerUrl }) {
    const missing = [podCidr.length === 0 && "--pod-cidr", serviceCidr === undefined && "--service-cidr"];
    const [flagName] = missing.filter((name) => name !== false);
    if (flagName !== undefined)
      throw new CliError(`${flagName} is missing`, {
        hint: "give both CIDRs, or let `liqoctl install kubeadm|kind|k3s|openshift|aks|eks|gke` find them out",
      });
    return { podCidrs: podCidr, serviceCidr: serviceCidr ?? "", apiServer: apiServerOf(apiServerUrl) };
  },
});
