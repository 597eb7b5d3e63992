/** `liqoctl install eks`. Upstream: pkg/liqoctl/install/eks */
import { TOPOLOGY_REGION } from "#api/labels.ts";
import { flag } from "../../../command/flag.ts";
import { CliError } from "../../../errors.ts";
import { apiServerOf, provider } from "../provider.ts";
import { askTool, type CloudTool, needed } from "./cloud-tool.ts";

const AWS: CloudTool = {
  program: "aws",
  site: "https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html",
  login: "aws configure",
  loggedOut: /locate credentials|ExpiredToken|InvalidClientTokenId|SSO session|session has expired/,
};
const HEALTH_CHECK = "service.beta.kubernetes.io/aws-load-balancer-healthcheck";
/** For the AWS Load Balancer Controller; the health check is the gateway's own. */
const ANNOTATIONS = {
  "service.beta.kubernetes.io/aws-load-balancer-type": "external",
  "service.beta.kubernetes.io/aws-load-balancer-scheme": "internet-facing",
  "service.beta.kubernetes.io/aws-load-balancer-nlb-target-type": "ip",
  [`${HEALTH_CHECK}-port`]: "8083",
  [`${HEALTH_CHECK}-protocol`]: "HTTP",
  [`${HEALTH_CHECK}-path`]: "/healthz",
  [`${HEALTH_CHECK}-healthy-threshold`]: "2",
  [`${HEALTH_CHECK}-unhealthy-threshold`]: "3",
  [`${HEALTH_CHECK}-timeout`]: "10",
  [`${HEALTH_CHECK}-interval`]: "10",
};
const IDENTITY_FLAGS = ["userName", "policyName", "accessKeyId", "secretAccessKey"] as const;

/** `aws eks describe-cluster`, as far as it is looked at. */
export interface ClusterDescription {
  readonly cluster?: {
    readonly endpoint?: string;
    readonly kubernetesNetworkConfig?: { readonly serviceIpv4Cidr?: string };
    readonly resourcesVpcConfig?: { readonly vpcId?: string };
  };
}

/** `aws ec2 describe-vpcs` */
interface VpcDescription {
  readonly Vpcs?: readonly { readonly CidrBlock?: string }[];
}

export const eks = provider({
  name: "eks",
  summary: "Install or upgrade Liqo on a cluster of AWS (EKS).",
  description:
    "As `liqoctl install`; CIDRs and API server are asked of the AWS CLI, `aws`, which must be logged in. EKS signs no client certificates, and identities of IAM are not supported: the cluster can be a consumer, not a provider. The flags for the IAM user are refused, and no user is made.",
  examples: ["liqoctl install eks --eks-cluster-region us-east-2 --eks-cluster-name foo"],
  flags: {
    eksClusterName: flag.required("name of the cluster in AWS", "name"),
    eksClusterRegion: flag.required("region of the cluster", "region"),
    userName: flag.string("IAM user of Liqo: not supported", "name"),
    policyName: flag.string("IAM policy of that user: not supported", "name"),
    accessKeyId: flag.string("access key of that user: not supported", "id"),
    secretAccessKey: flag.string("secret key of that user: not supported", "key"),
  },
  async detect(ctx, _cluster, flags) {
    const { eksClusterName: name, eksClusterRegion: region } = flags;
    if (IDENTITY_FLAGS.some((key) => flags[key] !== undefined))
      throw new CliError(
        "--user-name, --policy-name, --access-key-id, --secret-access-key: identities of IAM are not supported",
        {
          hint: "leave them out; the cluster can be a consumer then, not a provider",
        },
      );
    const of = ["--region", region, "--output", "json"];
    const { cluster } = await askTool<ClusterDescription>(ctx, AWS, ["eks", "describe-cluster", "--name", name, ...of]);
    const title = `EKS cluster ${name} in ${region}`;
    const vpc = needed(cluster?.resourcesVpcConfig?.vpcId, "resourcesVpcConfig.vpcId", title);
    const { Vpcs = [] } = await askTool<VpcDescription>(ctx, AWS, ["ec2", "describe-vpcs", "--vpc-ids", vpc, ...of]);
    return {
      podCidrs: [needed(Vpcs[0]?.CidrBlock, "CidrBlock", `VPC ${vpc}`)],
      serviceCidr: needed(
        cluster?.kubernetesNetworkConfig?.serviceIpv4Cidr,
        "kubernetesNetworkConfig.serviceIpv4Cidr",
        title,
      ),
      apiServer: apiServerOf(needed(cluster?.endpoint, "endpoint", title)),
      clusterId: name,
      clusterLabels: { [TOPOLOGY_REGION]: region },
      values: {
        networking: {
          gatewayTemplates: { server: { service: { annotations: ANNOTATIONS } } },
          fabric: { config: { fullMasquerade: true } },
        },
      },
      warnings: [
        "EKS signs no client certificates, and identities of IAM are not supported: this cluster can be a consumer, not a provider",
      ],
    };
  },
});
