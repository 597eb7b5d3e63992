/** `liqoctl install gke`. Upstream: pkg/liqoctl/install/gke */
import { TOPOLOGY_REGION } from "#api/labels.ts";
import { flag } from "../../../command/flag.ts";
import { CliError } from "../../../errors.ts";
import { apiServerOf, provider } from "../provider.ts";
import { askTool, type CloudTool, needed } from "./cloud-tool.ts";

const GCLOUD: CloudTool = {
  program: "gcloud",
  site: "https://cloud.google.com/sdk/docs/install",
  login: "gcloud auth login",
  loggedOut: /gcloud auth login|Reauthentication|active account/,
};

/** `gcloud container clusters describe`, as far as it is looked at. */
export interface GkeCluster {
  readonly name?: string;
  readonly endpoint?: string;
  readonly location?: string;
  readonly clusterIpv4Cidr?: string;
  readonly servicesIpv4Cidr?: string;
  readonly ipAllocationPolicy?: { readonly useRoutes?: boolean };
  readonly networkConfig?: { readonly subnetwork?: string };
}

export const gke = provider({
  name: "gke",
  summary: "Install or upgrade Liqo on a cluster of Google (GKE).",
  description:
    "As `liqoctl install`; CIDRs and API server are asked of the Google Cloud CLI, `gcloud`, which must be logged in or be given a key by --credentials-path. The cluster's name is its id in Liqo, too.",
  examples: [
    "liqoctl install gke --project-id bar --cluster-id foo --zone europe-west1-b",
    "liqoctl install gke --project-id bar --cluster-id foo --region europe-west1 --credentials-path key.json",
  ],
  flags: {
    projectId: flag.required("project of the cluster", "id"),
    // Not marked as required: `install` itself has a flag of that name, which the parser would take it for.
    clusterId: flag.string("name of the cluster in Google Cloud (required)", "name"),
    zone: flag.string("zone of a zonal cluster", "zone"),
    region: flag.string("region of a regional cluster", "region"),
    credentialsPath: flag.string("key file of a service account (default: whoever is logged in)", "path", {
      complete: "files",
    }),
  },
  async detect(ctx, _cluster, { projectId, clusterId, zone, region, credentialsPath }) {
    if (clusterId === undefined)
      throw new CliError("--cluster-id is missing", { hint: "`gcloud container clusters list` shows it" });
    const location = locationOf(zone, region);
    const ask = <T>(args: readonly string[], project: string): Promise<T> =>
      askTool<T>(ctx, GCLOUD, [...args, "--project", project, "--format", "json"], {
        ...(credentialsPath !== undefined && { CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE: credentialsPath }),
      });
    const described = ["container", "clusters", "describe", clusterId, location.flag, location.name];
    const cluster = await ask<GkeCluster>(described, projectId);
    const title = `GKE cluster ${clusterId}`;
    if (cluster.ipAllocationPolicy?.useRoutes === true)
      throw new CliError(`${title} sends pods' packets by routes; only VPC-native clusters are supported`);
    const subnet = parseSubnetwork(needed(cluster.networkConfig?.subnetwork, "networkConfig.subnetwork", title));
    const args = ["compute", "networks", "subnets", "describe", subnet.name, "--region", location.region];
    const { ipCidrRange } = await ask<{ readonly ipCidrRange?: string }>(args, subnet.project);
    return {
      podCidrs: [needed(cluster.clusterIpv4Cidr, "clusterIpv4Cidr", title)],
      serviceCidr: needed(cluster.servicesIpv4Cidr, "servicesIpv4Cidr", title),
      apiServer: apiServerOf(needed(cluster.endpoint, "endpoint", title)),
      reservedSubnets: [needed(ipCidrRange, "ipCidrRange", `subnet ${subnet.name}`)],
      clusterId,
      clusterLabels: { [TOPOLOGY_REGION]: cluster.location ?? location.name },
    };
  },
});

interface Location {
  readonly flag: "--zone" | "--region";
  readonly name: string;
  readonly region: string;
}

/** A zone is its region, a dash and a letter. */
export function locationOf(zone: string | undefined, region: string | undefined): Location {
  if (zone !== undefined && region !== undefined)
    throw new CliError("--zone and --region cannot be given together", { hint: "a cluster is zonal or regional" });
  if (zone !== undefined) return { flag: "--zone", name: zone, region: zone.split("-").slice(0, 2).join("-") };
  if (region !== undefined) return { flag: "--region", name: region, region };
  throw new CliError("neither --zone nor --region is given", { hint: "`gcloud container clusters list` shows it" });
}

/** `projects/<project>/regions/<region>/subnetworks/<name>`: the project may be another, which shares its network. */
export function parseSubnetwork(text: string): { readonly project: string; readonly name: string } {
  const [, project, name] = /(?:^|\/)projects\/([^/]+)\/.*subnetworks\/([^/]+)$/.exec(text) ?? [];
  if (project === undefined || name === undefined) throw new CliError(`"${text}" is no subnet of Google Cloud`);
  return { project, name };
}
