/** The generated pages of docs/reference, by file name. */
import { formatChart } from "./chart.ts";
import { formatCrds } from "./crds.ts";
import { formatLabels } from "./labels.ts";
import { formatMetrics } from "./metrics.ts";

export const PAGES: Readonly<Record<string, () => string>> = {
  "chart.md": formatChart,
  "crds.md": formatCrds,
  "labels.md": formatLabels,
  "metrics.md": formatMetrics,
};
