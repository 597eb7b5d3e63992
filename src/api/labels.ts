/** Labels of Liqo's objects. Upstream: pkg/consts, pkg/virtualKubelet/forge */
export const PART_OF = "app.kubernetes.io/part-of";
export const REMOTE_CLUSTER_ID = "liqo.io/remote-cluster-id";
export const TENANT_NAMESPACE = "liqo.io/tenant-namespace";
export const TYPE = "liqo.io/type";
export const TYPE_VIRTUAL_NODE = "virtual-node";
export const VIRTUAL_NODE = "liqo.io/virtual-node";
export const SCHEDULING_ENABLED = "liqo.io/scheduling-enabled";
export const MANAGED = "liqo.io/managed";
export const OFFLOADING_COMPONENT = "offloading.liqo.io/component";
export const NETWORKING_COMPONENT = "networking.liqo.io/component";
export const WEBHOOK_SKIP = "liqo.io/webhook-skip";

export const REPLICATION = "liqo.io/replication";
export const REMOTE_ID = "liqo.io/remoteID";
export const ORIGIN_ID = "liqo.io/originID";
export const REPLICATED = "liqo.io/replicated";
export const OWNERSHIP = "liqo.io/ownership";

export const NONCE = "liqo.io/nonce";
export const SIGNED_NONCE = "liqo.io/signed-nonce";
export const IDENTITY_TYPE = "liqo.io/identity-type";
export const RESOURCE_SLICE_NAME = "liqo.io/resourceslice-name";
export const CREATOR_USER = "liqo.io/creator-user";
export const REMOTE_TENANT_CSR = "liqo.io/remote-tenant-csr";
export const PEERING_USER_NAME = "liqo.io/peering-user-name";

/** On pods that may run nowhere else before they are known to have ended. Not upstream's. */
export const NEVER_DUPLICATE = "offloading.liqo.io/never-duplicate";
export const SHADOW_POD = "liqo.io/shadowPod";
export const MANAGED_BY = "liqo.io/managed-by";
export const REMOTE_UNAVAILABLE = "liqo.io/remote-unavailable";
export const ORIGIN = "offloading.liqo.io/origin";
export const DESTINATION = "offloading.liqo.io/destination";
export const NODE_NAME = "offloading.liqo.io/nodename";
export const SERVICE_ACCOUNT_NAME = "offloading.liqo.io/service-account-name";
export const STORAGE_AVAILABLE = "storage.liqo.io/available";
export const STORAGE_NAMESPACE = "liqo.io/storage-provisioner";
export const VIRTUAL_CLAIM_NAMESPACE = "storage.liqo.io/virtual-pvc-namespace";
export const VIRTUAL_CLAIM_NAME = "storage.liqo.io/virtual-pvc-name";
export const ENDPOINT_SLICE_MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
export const ENDPOINT_SLICE_REFLECTION = "endpointslice.reflection.liqo.io";

export const CIDR_TYPE = "configuration.liqo.io/cidr-type";
export const NETWORK_TYPE = "ipam.liqo.io/network-type";
export const NETWORK_NOT_REMAPPED = "ipam.liqo.io/network-not-remapped";
export const IP_NETWORK_NAMESPACE = "ipam.liqo.io/network-namespace";
export const IP_NETWORK_NAME = "ipam.liqo.io/network-name";
export const IP_TYPE = "ipam.liqo.io/ip-type";

export const GATEWAY_RESOURCE = "networking.liqo.io/gateway-resource";
export const GATEWAY_NAME = "networking.liqo.io/gateway-name";
export const GATEWAY_MASQUERADE_BYPASS = "networking.liqo.io/gateway-masquerade-bypass";
export const GATEWAY_ACTIVE = "networking.liqo.io/active";
export const INTERNAL_FABRIC_NAME = "networking.liqo.io/internal-fabric-name";
export const INTERNAL_NODE_NAME = "networking.liqo.io/internal-node-name";
export const ROUTE_CATEGORY = "networking.liqo.io/route-category";
export const ROUTE_SUBCATEGORY = "networking.liqo.io/route-subcategory";
export const ROUTE_UNIQUE = "networking.liqo.io/route-unique";
export const FIREWALL_CATEGORY = "networking.liqo.io/firewall-category";
export const FIREWALL_SUBCATEGORY = "networking.liqo.io/firewall-subcategory";
export const FIREWALL_UNIQUE = "networking.liqo.io/firewall-unique";

/** Labels of clusters. Upstream: pkg/consts/clusterlabels.go */
export const PROVIDER = "liqo.io/provider";
export const TOPOLOGY_REGION = "topology.kubernetes.io/region";

/** Not upstream's: on what one cluster exports to the others, the Service; Kubernetes' own labels are for its endpoints. */
export const EXPORTED_SERVICE = "multicluster.liqo.io/exported-service";
