/** What each label, annotation, finalizer and taint of Liqo's means: a constant without a line here does not compile. */
import type * as annotations from "#api/annotations.ts";
import type * as finalizers from "#api/finalizers.ts";
import type * as labels from "#api/labels.ts";

/** Exported beside the keys: values of theirs. */
type LabelValue = "TYPE_VIRTUAL_NODE" | "ENDPOINT_SLICE_REFLECTION";

export const LABELS: Readonly<Record<Exclude<keyof typeof labels, LabelValue>, string>> = {
  PART_OF: "`liqo`: the object belongs to an installation of Liqo",
  REMOTE_CLUSTER_ID: "id of the peer that the object is about; on virtual nodes, the provider",
  TENANT_NAMESPACE: "`true` on the namespace of a peering",
  TYPE: "`virtual-node` on the Nodes that stand for providers: choose by it in selectors and affinities",
  VIRTUAL_NODE: "name of the VirtualNode that the object was made for",
  SCHEDULING_ENABLED:
    "`true` on namespaces whose pods may be offloaded. Set by Liqo; set it yourself where namespace and pods come in one file",
  MANAGED: "`true` on what Liqo has made",
  OFFLOADING_COMPONENT: "which part of offloading a pod is, such as `virtual-kubelet`",
  NETWORKING_COMPONENT: "which part of the network a pod is, such as `gateway`",
  WEBHOOK_SKIP: "`true` on what Liqo's installation makes itself: webhooks let it through",
  REPLICATION: "`true`: the object is copied to the peer",
  REMOTE_ID: "id of the peer that the object is copied to",
  ORIGIN_ID: "id of the peer that the object was copied from",
  REPLICATED: "`true` on copies",
  OWNERSHIP: "upstream's word on who writes an object's status; not copied",
  NONCE: "on the Secret with a provider's nonce",
  SIGNED_NONCE: "on the Secret with the signature of the nonce",
  IDENTITY_TYPE: "on a kubeconfig Secret: `ControlPlane` or `ResourceSlice`",
  RESOURCE_SLICE_NAME: "name of the ResourceSlice that the object was made for",
  CREATOR_USER: "on shadows at the provider: who made them, which the Quota is counted by. It cannot be changed",
  REMOTE_TENANT_CSR: "on certificate requests for consumers",
  PEERING_USER_NAME: "on all that belongs to the user of `liqoctl generate peering-user`",
  NEVER_DUPLICATE:
    "`true` on pods whose deletion waits until their provider answers: of `liqo.io/on-peer-lost: never-duplicate`",
  SHADOW_POD: "on pods of the provider: made for a ShadowPod",
  MANAGED_BY: "on pods and EndpointSlices of the provider: the kind of shadow they are made for",
  REMOTE_UNAVAILABLE: "`true` on offloaded pods at home whose provider does not answer",
  ORIGIN: "on reflected objects: id of the cluster that the original is in",
  DESTINATION: "on reflected objects: id of the cluster that the copy is in",
  NODE_NAME: "on shadows: the virtual node that they come from",
  SERVICE_ACCOUNT_NAME: "on Secrets with a token: the ServiceAccount at home that it is for",
  STORAGE_AVAILABLE: "on virtual nodes: whether the provider offers storage classes",
  STORAGE_NAMESPACE: "`true` on the namespace in which volumes of the class `liqo` really lie",
  VIRTUAL_CLAIM_NAMESPACE: "on a claim there: the namespace of the claim of the class `liqo` that it serves",
  VIRTUAL_CLAIM_NAME: "on a claim there: the name of that claim",
  ENDPOINT_SLICE_MANAGED_BY:
    "Kubernetes' label; its value `endpointslice.reflection.liqo.io` keeps the provider's own controller away from copies",
  EXPORTED_SERVICE: "on what is made for multi-cluster services: the Service of the clusterset that it belongs to",
  CIDR_TYPE: "on a Network of a peer: which CIDR it remaps, pods or external",
  NETWORK_TYPE: "on the cluster's own Networks: pod, service, external or internal",
  NETWORK_NOT_REMAPPED: "on a Network that must get the CIDR it asks for",
  IP_NETWORK_NAMESPACE: "on an IP: namespace of the Network that its address is from",
  IP_NETWORK_NAME: "on an IP: name of that Network",
  IP_TYPE: "on the IPs that Liqo makes itself: what they stand for, such as the API server",
  GATEWAY_RESOURCE: "`true` on the Secret with the WireGuard keys of a gateway",
  GATEWAY_NAME: "on the pods of a gateway: its name",
  GATEWAY_MASQUERADE_BYPASS: "`true` on the FirewallConfigurations that keep a node from masquerading its gateways",
  GATEWAY_ACTIVE: "`true` on the one pod of a gateway that is in charge; the Service selects by it",
  INTERNAL_FABRIC_NAME: "on a GeneveTunnel: its InternalFabric",
  INTERNAL_NODE_NAME: "on a GeneveTunnel: its InternalNode",
  ROUTE_CATEGORY: "on a RouteConfiguration: who applies it, `gateway` or `fabric`",
  ROUTE_SUBCATEGORY: "on a RouteConfiguration: which of them",
  ROUTE_UNIQUE: "on a RouteConfiguration: the one that applies it alone",
  FIREWALL_CATEGORY: "on a FirewallConfiguration: who applies it, `gateway` or `fabric`",
  FIREWALL_SUBCATEGORY: "on a FirewallConfiguration: which of them",
  FIREWALL_UNIQUE: "on a FirewallConfiguration: the one that applies it alone",
  PROVIDER: "label of a cluster: who runs it (`kubeadm`, `gke`, …); on the virtual nodes of its consumers",
  TOPOLOGY_REGION: "Kubernetes' label; as a label of a cluster, its region; on the virtual nodes of its consumers",
};

export const ANNOTATIONS: Readonly<Record<keyof typeof annotations, string>> = {
  EXPORTED_AS: "on an EndpointSlice at home without endpoints: what a provider exports of a Service of the clusterset",
  PREINSTALLED: "on the cluster's own Networks and IPs: they came with the installation",
  UNINSTALLING: "on the Deployment of liqo-controller-manager: what belongs to nodes is not made again",
  PERMANENTLY_UNREACHABLE:
    "`true` on a ForeignCluster: the peer will not come back, so nothing waits for it. `liqoctl force unpeer` sets it",
  MANAGED_BY_NAMESPACE_MAP: "on a twin namespace: the NamespaceMap that it was made for",
  ORIGINAL_NAME: "on a twin namespace: its name at the consumer",
  REMOTE_TENANT_NAMESPACE: "on a kubeconfig Secret: the tenant namespace at the provider",
  CREATE_VIRTUAL_NODE: "`true` on a ResourceSlice: a VirtualNode is made of it",
  CORDON: "on a ResourceSlice: it gets nothing new. `liqoctl cordon resourceslice` sets it",
  CORDON_TENANT: "on a ResourceSlice: the same, because its Tenant is cordoned",
  SKIP_REFLECTION: "on an object at home: it is not reflected (policy `DenyList`)",
  ALLOW_REFLECTION: "on an object at home: it is reflected (policy `AllowList`)",
  USE_DIRECT_CONNECTIONS:
    "`true` on a Service: from one provider to its pods at another the way is the peering of these two, where there is one",
  DIRECT_CONNECTIONS_DATA: "on a ShadowEndpointSlice: which addresses are those of the consumer's other providers",
  FORCE_REMOTE_NODE_PORT: "`true` on a Service: its node ports are the same at the provider",
  API_SERVER_SUPPORT:
    "on a pod: which API server it speaks to: `disabled` none, `remote` the provider's; otherwise that of home",
  REMOTE_SERVICE_ACCOUNT_NAME: "on a pod with the API server `remote`: its ServiceAccount at the provider",
  ANTI_AFFINITY_PRESET:
    "on a pod: how pods keep apart at the provider: `propagate` (its own rules), `soft` or `hard` (by its labels)",
  ANTI_AFFINITY_LABELS: "on a pod: the labels that `soft` and `hard` go by, with commas; otherwise all",
  REMOTE_RUNTIME_CLASS_NAME: "on a pod: its RuntimeClass at the provider",
  REMOTE_STORAGE_CLASS: "on a claim of the class `liqo`: the storage class of its copy at the provider",
  REMOTE_ACCESS_MODES: "on a claim of the class `liqo`: the access modes of its copy at the provider, with commas",
  VIRTUAL_CLAIM_UID: "on that copy: the uid of the claim that it was made for; another of that name gets a new copy",
  ON_PEER_LOST:
    "on a pod: `move-after=<duration>`, `stay` or `never-duplicate`, what becomes of it when the cluster that it runs in is lost. [Service continuity](../usage/service-continuity.md#what-each-workload-does)",
  OFFLOADING_PATCH_HASH: "on pods of a virtual kubelet: the offloading patch that it was started with",
  VK_DEFAULTS: "on the Deployment of a virtual kubelet: the image and resources that its VkOptionsTemplate gave",
  SERVICE_ACCOUNT_UID: "on pods of gateways and virtual kubelets: the one ServiceAccount that their token counts for",
  SHADOW_GENERATION: "on a pod of the provider: the generation of its ShadowPod that it is like, when not the first",
  DELETION_GRACE:
    "on a ShadowPod that is about to be deleted: the seconds that its pod may take to end; the pod is ended by it first",
  TRACEPARENT: "on traced pods and their ShadowPods: what the next step is a part of (W3C traceparent)",
  HEALTH_ADDRESS:
    "on Leases of gateways and liqo-controller-manager: where replicas ask whether the one in charge lives; not upstream's",
  CARRIER: "on a Connection whose gateways have a TCP port beside UDP: what carries its datagrams; not upstream's",
  CARRIERS_TRIED:
    "on the same, at the client: each carrier and address that was tried, and what came of it; not upstream's",
  TCP_CARRIER_PORT: "on a GatewayClient: TCP port of its server for where UDP is shut; not upstream's",
  CONNECTION_PROBLEM: "on a Connection without an answer: address, port and protocol that were tried; not upstream's",
  TOKEN_FOR_POD_NAME: "on Secrets with a token: the pod that it is for",
  TOKEN_FOR_POD_UID: "on Secrets with a token: the uid of that pod",
  TOKEN_EXPIRATION: "on Secrets with a token: when it ends",
};

export const FINALIZERS: Readonly<Record<keyof typeof finalizers, string>> = {
  REPLICATOR: "on the Secret with the credentials for a peer: until nothing is left to be told to it",
  REPLICATED_RESOURCE: "on an object that is copied to a peer: until the copy is gone",
  TENANT: "on a Tenant: until what it was given is taken back",
  NAMESPACE_OFFLOADING: "on a NamespaceOffloading: until its twins are gone or owed",
  NAMESPACE_MAP: "on a NamespaceMap: until its twins are gone",
  VIRTUAL_NODE: "on a VirtualNode: until its pods are home and its Node is gone",
  API_SERVER_CHECKER: "on a ForeignCluster: until nobody pings its API server",
  NETWORK: "on a Network: until its CIDR is free",
  IP: "on an IP: until its address is free",
  IP_MAPPING: "on an IP: until its NAT rules are gone",
  ROUTE_CONFIGURATION: "on a RouteConfiguration: until the hosts have removed its routes",
  FIREWALL_CONFIGURATION: "on a FirewallConfiguration: until the hosts have removed its tables",
  CLUSTER_ROLE_BINDING: "on gateways: until their ClusterRoleBinding is gone",
};
