import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { aks, parseSubnetId, readCluster } from "./aks.ts";
import { eks } from "./eks.ts";
import { gke, locationOf, parseSubnetwork } from "./gke.ts";
import { CONTEXT, fakeTools, NO_CLUSTER } from "./testing/fake-tool.ts";

const AKS = {
  resourceGroupName: "bar",
  resourceName: "foo",
  subscriptionId: undefined,
  subscriptionName: "mine",
  vnetResourceGroupName: undefined,
  podCidr: [],
  fqdn: undefined,
  privateLink: false,
};
const EKS = {
  eksClusterName: "foo",
  eksClusterRegion: "us-east-2",
  userName: undefined,
  policyName: undefined,
  accessKeyId: undefined,
  secretAccessKey: undefined,
};
const GKE = {
  projectId: "bar",
  clusterId: "foo",
  zone: "europe-west1-b",
  region: undefined,
  credentialsPath: undefined,
};
const SHOW = "az aks show --resource-group bar --name foo --subscription mine --output json";

describe("clouds", { concurrency: 1 }, () => {
  test("AKS with kubenet: pods have a CIDR of their own, nodes that of the network that AKS makes", async () => {
    using tools = fakeTools();
    tools.add("az", [["aks show", "az-aks-show-kubenet.json"]]);
    assert.deepEqual(await aks.detect(CONTEXT, NO_CLUSTER, AKS), {
      podCidrs: ["10.244.0.0/16"],
      reservedSubnets: ["10.224.0.0/16"],
      serviceCidr: "10.0.0.0/16",
      apiServer: { url: "foo-bar-12ab34-5cd67ef8.hcp.westeurope.azmk8s.io", isKubeconfigs: true, isCompared: true },
      clusterId: "foo",
      clusterLabels: { "topology.kubernetes.io/region": "westeurope" },
      values: { networking: { fabric: { config: { gatewayMasqueradeBypass: true } } } },
    });
    assert.deepEqual(tools.asked(), [SHOW]);
  });

  test("AKS with Azure CNI: pods are in the subnets of the pools, each asked for once", async () => {
    using tools = fakeTools();
    tools.add("az", [
      ["aks show", "az-aks-show-azure.json"],
      ["network vnet subnet show", "az-network-vnet-subnet-show.json"],
    ]);
    const flags = { ...AKS, vnetResourceGroupName: "net", privateLink: true };
    const { podCidrs, apiServer } = await aks.detect(CONTEXT, NO_CLUSTER, flags);
    assert.deepEqual(podCidrs, ["10.240.0.0/16"]);
    assert.equal(apiServer.url, "foo-1234.5678.privatelink.northeurope.azmk8s.io");
    assert.deepEqual(tools.asked(), [
      SHOW,
      "az network vnet subnet show --resource-group net --vnet-name vnet1 --name system --subscription mine --output json",
    ]);
    await assert.rejects(aks.detect(CONTEXT, NO_CLUSTER, AKS), /AKS cluster foo has no fqdn/);
  });

  test("EKS: the VPC is the pods', and identities are warned of", async () => {
    using tools = fakeTools();
    tools.add("aws", [
      ["eks describe-cluster", "aws-eks-describe-cluster.json"],
      ["ec2 describe-vpcs", "aws-ec2-describe-vpcs.json"],
    ]);
    const { podCidrs, serviceCidr, apiServer, clusterLabels, warnings } = await eks.detect(CONTEXT, NO_CLUSTER, EKS);
    assert.deepEqual({ podCidrs, serviceCidr }, { podCidrs: ["192.168.0.0/16"], serviceCidr: "10.100.0.0/16" });
    assert.equal(apiServer.url, "https://10A0DCC59804A9F2E1.gr7.us-east-2.eks.amazonaws.com");
    assert.deepEqual(clusterLabels, { "topology.kubernetes.io/region": "us-east-2" });
    assert.match(warnings?.[0] ?? "", /a consumer, not a provider/);
    assert.deepEqual(tools.asked(), [
      "aws eks describe-cluster --name foo --region us-east-2 --output json",
      "aws ec2 describe-vpcs --vpc-ids vpc-0e9801d129example --region us-east-2 --output json",
    ]);
  });

  test("GKE: the nodes' subnet is reserved, also when another project shares it", async () => {
    using tools = fakeTools();
    tools.add("gcloud", [
      ["container clusters describe", "gcloud-container-clusters-describe.json"],
      ["compute networks subnets describe", "gcloud-compute-networks-subnets-describe.json"],
    ]);
    assert.deepEqual(await gke.detect(CONTEXT, NO_CLUSTER, GKE), {
      podCidrs: ["10.52.0.0/14"],
      serviceCidr: "34.118.224.0/20",
      apiServer: { url: "34.118.10.20", isKubeconfigs: true, isCompared: true },
      reservedSubnets: ["10.132.0.0/20"],
      clusterId: "foo",
      clusterLabels: { "topology.kubernetes.io/region": "europe-west1-b" },
    });
    assert.deepEqual(tools.asked(), [
      "gcloud container clusters describe foo --zone europe-west1-b --project bar --format json",
      "gcloud compute networks subnets describe default --region europe-west1 --project host-of-bar --format json",
    ]);
  });

  test("a tool that is missing, and one where nobody is logged in, are told with what to do", async () => {
    using tools = fakeTools();
    for (const [asked, program, loggedOut, login] of [
      [() => aks.detect(CONTEXT, NO_CLUSTER, AKS), "az", "ERROR: Please run 'az login' to setup account.", "az login"],
      [() => eks.detect(CONTEXT, NO_CLUSTER, EKS), "aws", "Unable to locate credentials.", "aws configure"],
      [
        () => gke.detect(CONTEXT, NO_CLUSTER, GKE),
        "gcloud",
        "ERROR: (gcloud.container.clusters.describe) You do not currently have an active account selected.",
        "gcloud auth login",
      ],
    ] as const) {
      await assert.rejects(asked, { message: `${program} was not found`, hint: new RegExp(`install it .*${login}`) });
      tools.fail(program, loggedOut);
      await assert.rejects(asked, { message: /` failed: /, hint: `log in with \`${login}\`` });
      tools.fail(program, "ResourceNotFound");
      await assert.rejects(asked, { message: /ResourceNotFound/, hint: /check the names/ });
      tools.add(program, [["", "../cloud-tool.ts"]]);
      await assert.rejects(asked, /printed no JSON/);
    }
  });
});

test("AKS clusters that cannot be read are refused", () => {
  const cluster = { fqdn: "f", networkProfile: { serviceCidr: "10.0.0.0/16" } };
  const plugin = (networkPlugin: string) => ({
    ...cluster,
    networkProfile: { ...cluster.networkProfile, networkPlugin },
  });
  assert.throws(() => readCluster(plugin("odd"), [], AKS), /network plugin odd, which is not known/);
  assert.throws(() => readCluster(plugin("none"), [], AKS), /has no network plugin of Azure/);
  assert.throws(() => readCluster(plugin("kubenet"), [], AKS), /has no networkProfile.podCidr/);
  const given = { ...AKS, podCidr: ["10.9.0.0/16"] };
  for (const name of ["none", "azure"])
    assert.deepEqual(readCluster(plugin(name), [], given).podCidrs, ["10.9.0.0/16"]);
  assert.deepEqual(readCluster(plugin("azure"), [], AKS).podCidrs, ["10.224.0.0/16"]);
  assert.throws(() => parseSubnetId("/subscriptions/x"), /no id of a subnet/);
});

test("a cluster of Google is zonal or regional", () => {
  assert.deepEqual(locationOf(undefined, "europe-west1"), {
    flag: "--region",
    name: "europe-west1",
    region: "europe-west1",
  });
  assert.throws(() => locationOf("a", "b"), /cannot be given together/);
  assert.throws(() => locationOf(undefined, undefined), /neither --zone nor --region/);
  assert.throws(() => parseSubnetwork("default"), /no subnet of Google/);
});
