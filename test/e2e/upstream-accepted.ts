/**
 * Where our objects differ from upstream's on purpose, and where the recording cannot show what upstream does. Each
 * entry has to be needed: one that covers no difference fails the suite. The same list for readers is in
 * docs/compatibility.md, "Objects beside upstream's".
 */
import type { Accepted } from "#kit/object-differences.ts";

const CLASSLESS = "recorded on clusters without a storage class beside Liqo's";
const ONE_CONTAINER =
  "the gateway is one container of our image, not three, and only an init container is privileged; the virtual kubelet is started by Node.js";
const UNPRIVILEGED = "our virtual kubelet says how it is, and runs without root, capabilities and a writable root";
const NETWORKLESS = "recorded by a peering without network";
const ANSWERED = "a request that was answered goes at once: upstream leaves it to the cluster's cleaner, for hours";
const REQUESTS = "our pods ask for what they use, so that the scheduler counts it";
const ACCOUNT = "a pod whose account was deleted and made again is replaced: its token is worth nothing";
const WORKERS: Accepted = {
  object: /^VirtualNode |^Deployment .*\/vk-|^VkOptions/,
  path: /\b(configmap|secret|serviceaccount|service)(\.workers|-reflection-workers)/,
  reason: "a worker that waits costs nothing here, and with three of them bursts fall behind",
};

const POLICIES: Accepted = {
  object: /^VirtualNode |^Deployment .*\/vk-|^VkOptions/,
  path: /\bnetworkpolicy\b/,
  reason: "upstream reflects no NetworkPolicies",
};

export const CONSUMER: readonly Accepted[] = [
  { object: /^(ResourceSlice|VirtualNode) /, path: /storageClasses\[1\]/, reason: CLASSLESS },
  {
    object: /^VirtualNode |^Deployment .*\/vk-/,
    path: /args\[--remote-real-storage-class-name/,
    reason: CLASSLESS,
  },
  {
    object: /^VirtualNode |^Deployment .*\/vk-/,
    path: /containers\[virtual-kubelet\]\.command/,
    reason: ONE_CONTAINER,
  },
  { object: /^VirtualNode |^Deployment .*\/vk-|^VkOptions/, path: /resources\.requests/, reason: REQUESTS },
  {
    object: /^VirtualNode |^Deployment .*\/vk-/,
    path: /securityContext|(liveness|readiness)Probe|args\[--health-probe-bind-address/,
    reason: UNPRIVILEGED,
  },
  { object: /^Node /, path: /^status\.conditions\[NetworkUnavailable\]/, reason: NETWORKLESS },
  {
    object: /^Node /,
    path: /^metadata\.annotations\.virtual-kubelet\.io/,
    reason: "bookkeeping of the library upstream uses; ours is in the managed fields",
  },
  {
    object: /^ServiceAccount liqo-tenant-cluster-b\/cluster-b$/,
    path: /^$/,
    reason: "the virtual kubelet's account is named after the virtual node, so it is not the gateway's",
  },
  {
    object: /^Lease liqo-tenant-cluster-b\/(cluster-b|virtual-kubelet-leader-election)$/,
    path: /^$/,
    reason: "upstream writes them, too; they were not recorded",
  },
  {
    object: /^RoleBinding .*\/liqo-node-/,
    path: /^$/,
    reason: "upstream's virtual kubelet has its rights in all namespaces, ours in those that are offloaded",
  },
  {
    object: /^Lease .*\.client\.connections\.liqo\.io$/,
    path: /^$/,
    reason: "by it a gateway leaves to the next one also where there is one replica",
  },
  { object: /^CertificateSigningRequest csr-/, path: /^$/, reason: ANSWERED },
  { object: /^Pod .*\/gw-/, path: /^metadata\.annotations\.kubectl/, reason: ONE_CONTAINER },
  WORKERS,
  POLICIES,
  { object: /^(Deployment|Pod) .*\/vk-/, path: /annotations\.liqo\.io\/service-account-uid/, reason: ACCOUNT },
  {
    object: /^VirtualNode |^Deployment .*\/vk-/,
    path: /annotations\.offloading\.liqo\.io\/virtual-kubelet-defaults/,
    reason: "tells an image that somebody chose from one that an upgrade replaces",
  },
  ...network("b"),
];

export const PROVIDER: readonly Accepted[] = [
  {
    object: /^Namespace off-cluster-a$/,
    path: /^metadata\.labels\.pod-security\.kubernetes\.io\/enforce$/,
    reason: "a consumer is not root on the provider's nodes, unless the chart says so",
  },
  { object: /^ResourceSlice /, path: /storageClasses\[1\]/, reason: CLASSLESS },
  { object: /^VkOptions/, path: /resources\.requests/, reason: REQUESTS },
  WORKERS,
  POLICIES,
  { object: /^(Shadow)?Pod off-cluster-a/, path: /hostAliases/, reason: NETWORKLESS },
  {
    object: /^((Shadow)?Pod|Secret) off-cluster-a/,
    path: /kube-api-access-[^.]*\]?\.projected\.sources|^data\.kube-api-access-.*-9359f3$/,
    reason: "beside its token a pod is told the namespace that the token is of, not the twin",
  },
  {
    object: /^Pod liqo-tenant-cluster-a\/gw-|^EndpointSlice liqo-tenant-cluster-a\/gw-/,
    path: /^$/,
    reason: "upstream has them, too; they were not recorded",
  },
  { object: /^Service .*\/gw-/, path: /^metadata\.annotations\.liqo\.io\/template-/, reason: appliedByTheServer() },
  { object: /^CertificateSigningRequest liqo-identity-/, path: /^$/, reason: ANSWERED },
  ...network("a"),
];

function network(peer: string): Accepted[] {
  const gateway = new RegExp(`^(Deployment .*/gw-cluster-${peer}|WgGateway\\w+ .*)$`);
  return [
    {
      object: /^RoleBinding .*\/liqo-gateway-/,
      path: /^$/,
      reason: "what is a gateway's own it may only do in its own namespace",
    },
    {
      object: /^(Deployment|Pod) .*\/gw-/,
      path: /annotations\.liqo\.io\/service-account-uid/,
      reason: ACCOUNT,
    },
    {
      object: gateway,
      path: /template\.(spec\.(initContainers|containers|volumes|securityContext)|metadata\.annotations\.kubectl)/,
      reason: ONE_CONTAINER,
    },
    {
      object: gateway,
      path: /\.?strategy\.(type|rollingUpdate\.)/,
      reason: "the next gateway is prepared before the one in charge leaves to it",
    },
    {
      object: gateway,
      path: /template\.metadata\.labels\.networking\.liqo\.io\/active/,
      reason: "only the pod in charge has it, once it is",
    },
    {
      object: /^Connection /,
      path: /^status\.mtu/,
      reason: "upstream does not measure what the tunnel carries",
    },
    {
      object: /^Connection /,
      path: /^status\.(echo|interval|paths)\b/,
      reason: "upstream measures no node's way, and does not say how old its word is",
    },
    {
      object: /^WgGateway/,
      path: /^spec\.secretRef\.name/,
      reason: "the keys are there before the gateway is rendered",
    },
    {
      object: /^Deployment .*\/gw-/,
      path: /^metadata\.annotations\.liqo\.io\/template-/,
      reason: appliedByTheServer(),
    },
    {
      object: /^RouteConfiguration liqo\/worker-node-1-(extcidr|gw-node)$/,
      path: /^spec\.table\.rules\[1\]\.routes/,
      reason: "one route for each pod and each mapped address: ours has fewer components",
    },
    {
      object: /^(InternalNode |IP liqo\/|FirewallConfiguration (liqo\/service-nodeport-routing|.*-remap-ipmapping-))/,
      path: /^metadata\.ownerReferences/,
      reason: "they go with what the chart installed, or with their IP: by the garbage collector, whoever removes it",
    },
    {
      object: /^IP liqo\/api-server/,
      path: /^metadata\.finalizers/,
      reason: "nobody is left to remove it when the chart goes; the table that it guards is owned by the IP",
    },
    {
      object: /^Internal(Fabric|Node) /,
      path: /^metadata\.finalizers/,
      reason: "what they guard is owned by these objects: the garbage collector removes it",
    },
    {
      object: /^Connection /,
      path: /^metadata\.annotations\.networking\.liqo\.io\/wireguard-implementation$/,
      reason: "kernel or userspace, and which one: liqoctl info shows it",
    },
    {
      object: /^ClusterRoleBinding liqo-gateway-/,
      path: /^$/,
      reason: "upstream binds its gateways, too; it was not recorded",
    },
  ];
}

function appliedByTheServer(): string {
  return "server-side apply knows which labels came from the template";
}
