/** What every `liqoctl install` takes. Upstream: cmd/liqoctl/cmd/install.go */
import { flag, list, pairs } from "../../command/flag.ts";
import { clusterFlags, timeoutFlag } from "../../command/flag-groups.ts";

export const DEFAULT_VALUES_PATH = "./values.yaml";

export const installFlags = {
  ...clusterFlags,
  clusterId: flag.string("id of the cluster, unique among its peers (default: the present one, or generated)", "id"),
  clusterLabels: flag.of("labels of the cluster, copied to virtual nodes", "k=v,…", pairs, {}),
  reservedSubnets: flag.of("CIDRs never to be given to a peer", "cidr,…", list, []),
  version: flag.string(
    "version of the image (default: that of the chart); another needs --local-chart-path",
    "version",
  ),
  repoUrl: flag.string("not supported: give a checkout's chart by --local-chart-path", "url"),
  localChartPath: flag.string("chart to install (default: the project's)", "path", { complete: "files" }),
  set: flag.repeated("chart value; may be repeated", "k=v"),
  setString: flag.repeated("chart value that is a text; may be repeated", "k=v"),
  values: flag.repeated("file or URL of chart values; may be repeated", "file", { complete: "files" }),
  onlyOutputValues: flag.boolean("write the chart's values to a file, install nothing"),
  dumpValuesPath: flag.string(`file that --only-output-values writes (default: ${DEFAULT_VALUES_PATH})`, "path", {
    complete: "files",
  }),
  dryRun: flag.boolean("render, change nothing"),
  enableMetrics: flag.boolean("serve metrics, and let the Prometheus operator scrape them where it is installed"),
  disableTelemetry: flag.boolean("for scripts of upstream's: there is no telemetry"),
  disableApiServerSanityCheck: flag.boolean("let the API server's URL be another than the kubeconfig's"),
  disableKernelVersionCheck: flag.boolean("do not look at the kernels of the nodes"),
  skipValidation: flag.boolean("do not look whether pods and Services are in their CIDRs"),
  timeout: timeoutFlag("10m"),
};
