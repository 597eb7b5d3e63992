/** etcd, kube-apiserver, kube-controller-manager and kube-scheduler of one cluster, and the harness's own cloud provider. */
import { createPublicKey } from "node:crypto";
import { join } from "node:path";
import { API_PORT } from "#playground/supervisor/cluster-plan.ts";
import type { ProcessSpec } from "#playground/supervisor/processes.ts";
import { apiServerNames } from "#playground/supervisor/serving-names.ts";
import { writeAtomically } from "#playground/supervisor/spec.ts";
import { type ClusterBuild, harnessProgram, kubeconfigFor, processIn, REGISTRY_PORT } from "./cluster.ts";
import type { CloudConfig } from "./programs/cloud.ts";

const ISSUER = "https://kubernetes.default.svc.cluster.local";
/** The defaults (20 to 50 requests a second) would be what a test of many pods measures. */
const UNTHROTTLED = { "kube-api-qps": "1000", "kube-api-burst": "2000" };
const ETCD = "http://127.0.0.1:2379";
const ETCD_PEER = "http://127.0.0.1:2380";

/** Writes keys and configuration, and returns the processes to keep running. */
export async function controlPlane(build: ClusterBuild): Promise<ProcessSpec[]> {
  const start = (name: string, program: keyof typeof build.binaries.kubernetes, flags: Flags): ProcessSpec =>
    processIn(build, build.network.netns, name, [build.binaries.kubernetes[program], ...formatFlags(flags)]);
  return [
    start("etcd", "etcd", etcdFlags(build)),
    start("apiserver", "kube-apiserver", await apiServerFlags(build)),
    start("controller-manager", "kube-controller-manager", await controllerManagerFlags(build)),
    start("scheduler", "kube-scheduler", {
      kubeconfig: await kubeconfigFor(build, "system:kube-scheduler", []),
      "leader-elect": "false",
      "bind-address": "127.0.0.1",
      ...UNTHROTTLED,
    }),
    await cloud(build),
  ];
}

type Flags = Readonly<Record<string, string>>;

function formatFlags(flags: Flags): string[] {
  return Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
}

function etcdFlags({ paths }: ClusterBuild): Flags {
  return {
    "data-dir": join(paths.root, "etcd"),
    "listen-client-urls": ETCD,
    "advertise-client-urls": ETCD,
    "listen-peer-urls": ETCD_PEER,
    "initial-advertise-peer-urls": ETCD_PEER,
    "initial-cluster": `default=${ETCD_PEER}`,
    "log-level": "warn",
    // Processes are killed in tests, the machine is not.
    "unsafe-no-fsync": "true",
  };
}

async function apiServerFlags(build: ClusterBuild): Promise<Flags> {
  const { credentials, network, serviceCidr, paths } = build;
  const names = apiServerNames(network.gateway, serviceCidr);
  await credentials.server("apiserver", names);
  await credentials.client("apiserver-kubelet-client", {
    commonName: "kube-apiserver-kubelet-client",
    organizations: ["system:masters"],
  });
  const publicKey = createPublicKey(credentials.tokenKey()).export({ type: "spki", format: "pem" });
  writeAtomically(join(paths.pki, "service-account.pub"), publicKey.toString(), 0o644);
  const pki = (file: string): string => join(paths.pki, file);
  return {
    "advertise-address": network.gateway,
    "secure-port": `${API_PORT}`,
    "etcd-servers": ETCD,
    "tls-cert-file": pki("apiserver.crt"),
    "tls-private-key-file": pki("apiserver.key"),
    "client-ca-file": pki("ca.crt"),
    "kubelet-certificate-authority": pki("ca.crt"),
    "kubelet-client-certificate": pki("apiserver-kubelet-client.crt"),
    "kubelet-client-key": pki("apiserver-kubelet-client.key"),
    "kubelet-preferred-address-types": "InternalIP",
    "service-account-issuer": ISSUER,
    "service-account-key-file": pki("service-account.pub"),
    "service-account-signing-key-file": pki("service-account.key"),
    "service-cluster-ip-range": serviceCidr,
    "authorization-mode": "Node,RBAC",
    "enable-admission-plugins": "NodeRestriction",
    "enable-bootstrap-token-auth": "true",
    "allow-privileged": "true",
    // No service proxy runs here: webhooks are called at their endpoints' addresses.
    "enable-aggregator-routing": "true",
    ...auditFlags(build),
  };
}

/** The flags of an audit log with who asked what, and no bodies. */
function auditFlags({ auditLog, paths }: ClusterBuild): Flags {
  if (!auditLog) return {};
  const policy = { apiVersion: "audit.k8s.io/v1", kind: "Policy", omitStages: ["RequestReceived"] };
  const file = join(paths.config, "audit-policy.json");
  writeAtomically(file, JSON.stringify({ ...policy, rules: [{ level: "Metadata" }] }), 0o600);
  return { "audit-policy-file": file, "audit-log-path": paths.auditLog };
}

async function controllerManagerFlags(build: ClusterBuild): Promise<Flags> {
  const { network, paths } = build;
  return {
    kubeconfig: await kubeconfigFor(build, "system:kube-controller-manager", []),
    controllers: "*,bootstrapsigner,tokencleaner",
    "use-service-account-credentials": "true",
    "service-account-private-key-file": join(paths.pki, "service-account.key"),
    "root-ca-file": join(paths.pki, "ca.crt"),
    "cluster-signing-cert-file": join(paths.pki, "ca.crt"),
    "cluster-signing-key-file": join(paths.pki, "ca.key"),
    "cluster-cidr": network.podCidr,
    // The network is laid out before the nodes register: who has which part of the pod CIDR is decided there.
    "allocate-node-cidrs": "false",
    "leader-elect": "false",
    "bind-address": "127.0.0.1",
    ...UNTHROTTLED,
  };
}

/** What a cloud would do: addresses for Services of type LoadBalancer, and a registry with the images of this machine. */
async function cloud(build: ClusterBuild): Promise<ProcessSpec> {
  const { network, paths, project, loadBalancer } = build;
  const config: CloudConfig = {
    kubeconfig: await kubeconfigFor(build, "cloud-controller-manager", ["system:masters"]),
    volumes: join(paths.root, "volumes"),
    registry: { address: network.gateway, port: REGISTRY_PORT, layout: join(project, ".build/images") },
    ...(loadBalancer && { loadBalancerRange: network.loadBalancerRange }),
  };
  const file = join(paths.config, "cloud.json");
  writeAtomically(file, JSON.stringify(config), 0o600);
  return processIn(build, network.netns, "cloud", harnessProgram("cloud", file));
}
