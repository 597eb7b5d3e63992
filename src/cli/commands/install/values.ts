/** The chart's values that liqoctl sets, under those of --values, --set and --set-string. */
import { isJsonObject } from "#machinery/schema/schema.ts";

export interface Values {
  readonly [name: string]: unknown;
}

export interface ReleaseSettings {
  readonly clusterId: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly reservedSubnets: readonly string[];
  readonly clusterLabels: Readonly<Record<string, string>>;
  /** Undefined: the chart's default. */
  readonly apiServerUrl: string | undefined;
  /** Tag of the image; undefined: the chart's. */
  readonly version: string | undefined;
  readonly hasMetrics: boolean;
  /** Whether the cluster knows the Prometheus operator's objects. */
  readonly isScraped: boolean;
}

export function forgeValues(settings: ReleaseSettings): Values {
  const { clusterId, clusterLabels, podCidr, serviceCidr, reservedSubnets } = settings;
  return {
    ...(settings.version !== undefined && { tag: settings.version }),
    discovery: { config: { clusterID: clusterId, clusterLabels } },
    ...(settings.apiServerUrl !== undefined && { apiServer: { address: settings.apiServerUrl } }),
    ipam: { podCIDR: podCidr, serviceCIDR: serviceCidr, reservedSubnets: [...reservedSubnets] },
    ...(settings.hasMetrics && {
      metrics: { enabled: true, prometheusOperator: { enabled: settings.isScraped } },
    }),
  };
}

/** As Helm does it: maps are merged, all else is replaced, null takes away. */
export function mergeValues(base: Values, over: Values): Values {
  const merged: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(over)) {
    const below = merged[name];
    if (value === null) delete merged[name];
    else merged[name] = isJsonObject(below) && isJsonObject(value) ? mergeValues(below, value) : value;
  }
  return merged;
}
