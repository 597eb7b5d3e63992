/** Annotations of Liqo's objects. Upstream: pkg/consts, pkg/virtualKubelet/forge */
export const PREINSTALLED = "liqo.io/preinstalled";
/** On the Deployment of liqo-controller-manager: what belongs to nodes is not made again. */
export const UNINSTALLING = "liqo.io/uninstalling";
export const PERMANENTLY_UNREACHABLE = "liqo.io/foreign-cluster-permanently-unreachable";
export const MANAGED_BY_NAMESPACE_MAP = "liqo.io/managed-by-namespace-map";
export const ORIGINAL_NAME = "liqo.io/original-name";
export const REMOTE_TENANT_NAMESPACE = "liqo.io/remote-tenant-namespace";
export const CREATE_VIRTUAL_NODE = "liqo.io/create-virtual-node";
export const CORDON = "liqo.io/cordon";
export const CORDON_TENANT = "liqo.io/cordon-tenant";
export const SKIP_REFLECTION = "liqo.io/skip-reflection";
export const ALLOW_REFLECTION = "liqo.io/allow-reflection";
/** Of a Service: its pods at one provider are reached from another without the way through this cluster. */
export const USE_DIRECT_CONNECTIONS = "liqo.io/use-direct-connections";
/** Of a ShadowEndpointSlice: which of its addresses are whose. */
export const DIRECT_CONNECTIONS_DATA = "liqo.io/direct-connections-data";
export const FORCE_REMOTE_NODE_PORT = "liqo.io/force-remote-node-port";
export const API_SERVER_SUPPORT = "liqo.io/api-server-support";
export const REMOTE_SERVICE_ACCOUNT_NAME = "liqo.io/remote-service-account-name";
export const ANTI_AFFINITY_PRESET = "liqo.io/anti-affinity-preset";
export const ANTI_AFFINITY_LABELS = "liqo.io/anti-affinity-labels";
export const REMOTE_RUNTIME_CLASS_NAME = "liqo.io/remote-runtime-class-name";
/** On a claim: the storage class and the access modes that its copy at the provider asks for. */
export const REMOTE_STORAGE_CLASS = "liqo.io/remote-storage-class";
export const REMOTE_ACCESS_MODES = "liqo.io/remote-access-modes";
/** On the copy: the uid of the claim that it was made for, whose data another of that name must not get. Not upstream's. */
export const VIRTUAL_CLAIM_UID = "storage.liqo.io/virtual-pvc-uid";
/** On a pod: what becomes of it when the cluster that it runs in is lost. Not upstream's. */
export const ON_PEER_LOST = "liqo.io/on-peer-lost";
export const OFFLOADING_PATCH_HASH = "liqo.io/offloading-patch-hash";
/** On the Deployment of a virtual kubelet: the image and resources that its VkOptionsTemplate gave. Not upstream's. */
export const VK_DEFAULTS = "offloading.liqo.io/virtual-kubelet-defaults";
/** On pods of gateways and virtual kubelets: with another account of that name their token is worth nothing. Not upstream's. */
export const SERVICE_ACCOUNT_UID = "liqo.io/service-account-uid";
/** On a provider's pod: the generation of its ShadowPod that it is like, when that is not the first. Not upstream's. */
export const SHADOW_GENERATION = "offloading.liqo.io/shadowpod-generation";
/** On a ShadowPod that is about to be deleted: the seconds that its pod may take to end. Not upstream's. */
export const DELETION_GRACE = "offloading.liqo.io/deletion-grace-period-seconds";
/** On offloaded pods and their ShadowPods, when they are traced: what the next step is a part of (W3C traceparent). Not upstream's. */
export const TRACEPARENT = "liqo.io/traceparent";
/** On a Lease by which replicas elect: `ip:port` at which its holder tells that it lives. Not upstream's. */
export const HEALTH_ADDRESS = "liqo.io/health-address";
/** On a Connection that is not there: what was tried in vain. Not upstream's. */
export const CONNECTION_PROBLEM = "networking.liqo.io/connection-problem";
/** On a Connection whose gateway may use TCP where UDP is shut: what carries it, and what came of all that was tried. Not upstream's. */
export const CARRIER = "networking.liqo.io/carrier";
export const CARRIERS_TRIED = "networking.liqo.io/carriers-tried";
/** On a GatewayClient: the TCP port at which its server takes datagrams where UDP is shut. Not upstream's. */
export const TCP_CARRIER_PORT = "networking.liqo.io/tcp-carrier-port";
export const TOKEN_FOR_POD_NAME = "offloading.liqo.io/service-account-for-pod-name";
export const TOKEN_FOR_POD_UID = "offloading.liqo.io/service-account-for-pod-uid";
export const TOKEN_EXPIRATION = "offloading.liqo.io/service-account-expiration";
/** On an EndpointSlice of a consumer: what a provider exports, as JSON. Not upstream's. */
export const EXPORTED_AS = "multicluster.liqo.io/exported-as";
