/** `liqoctl install kubeadm` and `kind`. Upstream: pkg/liqoctl/install/{kubeadm,kind} */
import { apiServerOf, provider } from "../provider.ts";
import { findClusterCidrs } from "./controller-manager.ts";

export const kubeadm = provider({
  name: "kubeadm",
  summary: "Install or upgrade Liqo on a cluster of kubeadm.",
  description: "As `liqoctl install`, with the CIDRs that the flags of kube-controller-manager tell.",
  examples: ["liqoctl install kubeadm --cluster-labels region=europe --reserved-subnets 172.16.0.0/16"],
  flags: {},
  detect: async (ctx, { client }) => ({
    ...(await findClusterCidrs(ctx, client)),
    apiServer: apiServerOf(undefined),
  }),
});

export const kind = provider({
  name: "kind",
  summary: "Install or upgrade Liqo on a cluster of kind.",
  description:
    "As `liqoctl install kubeadm`. Peers are told the address of the control-plane node: that of the kubeconfig is this machine's.",
  examples: ["liqoctl install kind --cluster-labels region=europe"],
  flags: {},
  detect: async (ctx, { client }) => ({
    ...(await findClusterCidrs(ctx, client)),
    apiServer: { url: undefined, isKubeconfigs: false, isCompared: false },
    // kindnet masquerades what pods send to nodes.
    values: { networking: { fabric: { config: { gatewayMasqueradeBypass: true } } } },
  }),
});
