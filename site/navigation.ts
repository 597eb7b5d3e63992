/** The site's menu: documents in the order in which one reads them, under the titles that they have. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pageOf, ROOT } from "./pages.ts";

export const SECTIONS: Readonly<Record<string, readonly string[]>> = {
  "Getting started": ["README.md", "docs/tutorial.md", "docs/concepts.md", "docs/faq.md", "docs/migration.md"],
  Usage: [
    "docs/usage/peering.md",
    "docs/usage/offloading.md",
    "docs/usage/resources.md",
    "docs/usage/storage.md",
    "docs/usage/images.md",
    "docs/usage/multi-cluster-services.md",
    "docs/usage/network-policies.md",
    "docs/usage/service-continuity.md",
    "docs/usage/dashboard.md",
    "docs/usage/check.md",
    "docs/usage/plan.md",
    "docs/usage/why.md",
    "docs/usage/trace.md",
    "docs/usage/connection-health.md",
    "docs/usage/support.md",
    "docs/usage/metrics.md",
    "docs/usage/upgrade.md",
  ],
  Advanced: [
    "docs/advanced/manual-peering.md",
    "docs/advanced/declarative-peering.md",
    "docs/advanced/in-band.md",
    "docs/advanced/nat.md",
    "docs/advanced/tunnels.md",
    "docs/advanced/external-ips.md",
    "docs/advanced/api-access.md",
    "docs/advanced/customised-nodes.md",
  ],
  Examples: [
    "docs/examples/README.md",
    "docs/examples/policies.md",
    "docs/examples/replicas.md",
    "docs/examples/services.md",
    "docs/examples/ingress.md",
    "docs/examples/stateful.md",
  ],
  Reference: [
    "docs/liqoctl.md",
    "docs/reference/crds.md",
    "docs/reference/chart.md",
    "docs/reference/labels.md",
    "docs/reference/metrics.md",
    "docs/metrics.md",
    "docs/pods.md",
    "docs/compatibility.md",
  ],
  "How it is made": [
    "docs/architecture.md",
    "docs/security.md",
    "docs/reliability.md",
    "docs/performance.md",
    "docs/testing.md",
    "docs/dependencies.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
  ],
};

interface Item {
  readonly text: string;
  readonly link: string;
}

export function menu(): { readonly text: string; readonly items: Item[] }[] {
  return Object.entries(SECTIONS).map(([text, documents]) => ({
    text,
    items: documents.map((document) => ({ text: titleOf(document), link: `/${pageOf(document)}` })),
  }));
}

/** Its first heading. */
function titleOf(document: string): string {
  const [, title] = /^# (.+)$/m.exec(readFileSync(join(ROOT, document), "utf8")) ?? [];
  if (title === undefined) throw new Error(`${document} has no title: begin it with a heading "# …"`);
  return title;
}
