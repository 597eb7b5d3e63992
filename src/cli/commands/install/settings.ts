/** What can be seen to be wrong without looking at the cluster. Upstream: pkg/liqoctl/install/validation.go */
import { type Cidr, overlaps, parseCidr } from "#base/cidr.ts";
import { VERSION } from "#base/version.ts";
import { dns1123Label } from "#machinery/names.ts";
import { CliError } from "../../errors.ts";

export interface Cidrs {
  readonly pod: Cidr;
  readonly service: Cidr;
}

/** Throws a CliError that names the flag. */
export function checkCidrs(
  podCidrs: readonly string[],
  serviceCidr: string,
  reservedSubnets: readonly string[],
): Cidrs & { readonly podCidr: string } {
  const [podCidr = "", ...more] = podCidrs;
  const pod = cidrOf("--pod-cidr", podCidr);
  if (more.length > 0)
    throw new CliError(`--pod-cidr ${podCidrs.join(",")}: several pod CIDRs are not supported`, {
      hint: "peers would not reach the pods of all but the first; give one CIDR that holds them all, if there is one",
    });
  const service = cidrOf("--service-cidr", serviceCidr);
  if (overlaps(pod, service))
    throw new CliError(`--pod-cidr ${podCidr} and --service-cidr ${serviceCidr} overlap`, {
      hint: "give the two ranges that the cluster was made with",
    });
  for (const subnet of reservedSubnets) cidrOf("--reserved-subnets", subnet);
  return { pod, service, podCidr };
}

function cidrOf(flag: string, text: string): Cidr {
  const parsed = parseCidr(text);
  if (parsed !== undefined) return parsed;
  throw new CliError(`${flag} "${text}": must be an IPv4 CIDR`, { hint: "such as 10.244.0.0/16" });
}

export function checkClusterId(clusterId: string): void {
  const problems = dns1123Label(clusterId);
  if (problems.length > 0)
    throw new CliError(`--cluster-id "${clusterId}": ${problems.join("; ")}`, {
      hint: "give another with --cluster-id",
    });
}

export interface Source {
  readonly version: string | undefined;
  readonly repoUrl: string | undefined;
  readonly localChartPath: string | undefined;
}

/** Throws a CliError for a version whose chart is not at hand. */
export function checkSource({ version, repoUrl, localChartPath }: Source): void {
  if (repoUrl !== undefined)
    throw new CliError(`--repo-url ${repoUrl}: a chart is not fetched by liqoctl`, {
      hint: "a repository has it without its CRDs: clone it, `make setup` there, and give --local-chart-path <clone>/deploy/chart",
    });
  if (version !== undefined && localChartPath === undefined && ![VERSION, VERSION.slice(1)].includes(version))
    throw new CliError(`--version ${version}: this liqoctl brings the chart of ${VERSION} alone`, {
      hint: `use the liqoctl of ${version}, or give its chart by --local-chart-path`,
    });
}

export interface Output {
  readonly onlyOutputValues: boolean;
  readonly dumpValuesPath: string | undefined;
  readonly values: readonly string[];
}

export function checkOutput({ onlyOutputValues, dumpValuesPath, values }: Output): void {
  if (dumpValuesPath !== undefined && !onlyOutputValues)
    throw new CliError("--dump-values-path can only be used together with --only-output-values");
  if (values.includes("-"))
    throw new CliError("--values -: standard input is not read", { hint: "give the name of a file, or a URL" });
}
