/** The node agent of one embedded node: kubelet, service proxy, network policies and DNS. Usage: playground-node <config file> */
import { join } from "node:path";
import { KubeClient } from "#kube/client/client.ts";
import { configFromFile } from "#kube/client/config.ts";
import { Informer } from "#kube/informer/informer.ts";
import { endpointSlices, nodes, services } from "#machinery/builtin.ts";
import { Imports } from "#playground/dns/imports.ts";
import { startDnsServer } from "#playground/dns/server.ts";
import { openCatalogue } from "#playground/images/catalogue.ts";
import { MachineImages } from "#playground/images/machine-images.ts";
import { ImageStore } from "#playground/images/store/image-store.ts";
import { startKubelet } from "#playground/kubelet/kubelet.ts";
import { PolicyEnforcer } from "#playground/proxy/policy/enforcer.ts";
import { startServiceProxy } from "#playground/proxy/service-proxy.ts";
import type { NodeConfig } from "#playground/supervisor/config.ts";
import { readConfig, runMain } from "./process.ts";

// As kubectl shows it; the version of Kubernetes whose behaviour the engine follows.
const KUBELET_VERSION = "v1.35.0";
const MAX_PODS = "110";
const DISK = "100Gi";
// Registries are reached as from the machine: the node's own network knows its pods and clusters.
const MACHINE_NETWORK = ["nsenter", `--net=/proc/${process.pid}/fd/3`];

await runMain("playground-node", async (ctx) => {
  const config = await readConfig<NodeConfig>();
  using client = new KubeClient(configFromFile(config.kubeconfig), "kubelet");
  using proxyClient = new KubeClient(configFromFile(config.proxyKubeconfig), "kube-proxy");
  // Listed once, shared by kubelet, proxy and DNS.
  await using serviceInformer = new Informer(ctx, proxyClient, services);
  await using slices = new Informer(ctx, proxyClient, endpointSlices);
  await using nodeInformer = new Informer(ctx, proxyClient, nodes);
  await using imports = new Imports(ctx, proxyClient);
  await using _dns = await startDnsServer(ctx, {
    address: config.dnsAddress,
    services: serviceInformer,
    slices,
    imports,
  });
  await using _proxy = await startServiceProxy(ctx, {
    nodeName: config.name,
    nodeAddress: config.address,
    podCidr: config.clusterPodCidr,
    localAddresses: [config.dnsAddress],
    services: serviceInformer,
    slices,
    nodes: nodeInformer,
  });
  await using isolation = new PolicyEnforcer(ctx, { client: proxyClient, nodeName: config.name });
  const images = new MachineImages({
    catalogue: openCatalogue({
      cache: join(config.folder, "images"),
      bundles: join(config.project, ".build/bundle"),
      wireguard: join(config.project, ".tools/bin/wireguard-go"),
      file: config.images,
    }),
    store: new ImageStore({ root: config.imageStore, enter: MACHINE_NETWORK }),
    cluster: config.cluster,
  });
  void images.keepClean(ctx);
  await using kubelet = await startKubelet(ctx, {
    client,
    images,
    node: {
      name: config.name,
      address: config.address,
      podCidr: config.podCidr,
      labels: {},
      capacity: { cpu: config.cpu, memory: config.memory, pods: MAX_PODS, "ephemeral-storage": DISK },
      kubeletVersion: KUBELET_VERSION,
      bridge: config.bridge,
    },
    directory: config.folder,
    cgroupParent: `/${config.lab}/${config.cluster}/${config.name}`,
    dns: { address: config.dnsAddress, domain: "cluster.local" },
    services: serviceInformer,
    isolation,
    tls: { ...config.serving, clientCa: config.ca },
  });
  ctx.log.info("node agent serving", { node: config.name, port: kubelet.port });
  await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve, { once: true }));
});
