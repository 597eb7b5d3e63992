/** `liqoctl install k3s`. Upstream: pkg/liqoctl/install/k3s */
import { flag } from "../../../command/flag.ts";
import { provider } from "../provider.ts";

export const k3s = provider({
  name: "k3s",
  summary: "Install or upgrade Liqo on a cluster of k3s.",
  description:
    "As `liqoctl install`, with the CIDRs that k3s has by default. Its kubeconfig mostly names this machine: give the URL by which peers reach the API server.",
  examples: ["liqoctl install k3s --api-server-url https://liqo.example.com:6443 --cluster-labels region=europe"],
  flags: {
    podCidr: flag.lists("CIDR of the pods", "cidr", { initial: ["10.42.0.0/16"] }),
    serviceCidr: flag.string("CIDR of the Services", "cidr", { initial: "10.43.0.0/16" }),
    apiServerUrl: flag.string("API server as peers reach it (default: that of the kubeconfig)", "url"),
  },
  async detect(_ctx, _cluster, { podCidr, serviceCidr, apiServerUrl }) {
    const apiServer = { url: apiServerUrl, isKubeconfigs: true, isCompared: false };
    return { podCidrs: podCidr, serviceCidr, apiServer };
  },
});
