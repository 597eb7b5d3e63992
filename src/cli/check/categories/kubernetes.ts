/** The API server, its nodes and what time it is. */
import type { Node } from "kubernetes-types/core/v1";
import { isVirtualNode } from "#api/predicates.ts";
import { formatDuration } from "#base/duration.ts";
import { isConditionTrue } from "#machinery/conditions.ts";
import { missingRights } from "../../checks/rights.ts";
import { isOldKernel, MINIMUM_KERNEL } from "../../commands/install/surroundings.ts";
import { REACHABLE_HINT } from "../../errors.ts";
import { isHidden } from "../../why/seen.ts";
import { both, type Category, failed, none, ok, seen, warning } from "../check.ts";
import type { ClusterFacts } from "../facts.ts";

/** As the chart's kubeVersion. */
const MINIMUM_KUBERNETES = [1, 29] as const;

export const kubernetes: Category<ClusterFacts> = {
  name: "kubernetes",
  checks: [
    {
      says: "the API server answers",
      look: ({ api, server }) => (isHidden(api) ? failed(api.hidden, REACHABLE_HINT) : ok(server)),
    },
    {
      says: `Kubernetes is ${MINIMUM_KUBERNETES.join(".")} or later`,
      look: ({ api }) => (isHidden(api) ? undefined : judgeVersion(api.version)),
    },
    {
      says: "nodes are ready",
      look: ({ nodes }) =>
        seen(nodes, (all) => {
          const own = all.filter((node) => !isVirtualNode(node));
          if (own.length === 0) return failed("there is no node", "kubectl get nodes");
          const bad = own.filter(({ status }) => !isConditionTrue(status?.conditions, "Ready"));
          if (bad.length === own.length) return failed("none of them is", "kubectl describe nodes");
          if (bad.length > 0) return warning(`${namesOf(bad)} of ${own.length} are not`, "kubectl describe nodes");
          return ok(`${own.length}`);
        }),
    },
    {
      says: `kernels of nodes are ${MINIMUM_KERNEL.join(".")} or later`,
      look: ({ nodes }) =>
        seen(nodes, (all) => {
          const old = all
            .filter(isOldKernel)
            .map(({ metadata, status }) => `${metadata?.name} has ${status?.nodeInfo?.kernelVersion}`);
          return none(old, "upgrade them: WireGuard and nftables need it");
        }),
    },
  ],
};

function judgeVersion(version: string) {
  const parts = /^v?(\d+)\.(\d+)/.exec(version);
  if (parts === null) return warning(`it says "${version}"`, "see kubectl version");
  const [major, minor] = [Number(parts[1]), Number(parts[2])];
  const [least, leastMinor] = MINIMUM_KUBERNETES;
  const isOld = major < least || (major === least && minor < leastMinor);
  return isOld ? failed(`it is ${version}`, "upgrade the cluster") : ok(version);
}

function namesOf(nodes: readonly Node[]): string {
  return nodes.map(({ metadata }) => metadata?.name).join(", ");
}

/** Before something is made: whether this user may. */
export function rights(what: string): Category<ClusterFacts> {
  return {
    name: "rights",
    checks: [
      {
        says: `this user may ${what}`,
        look: ({ rights: asked }) =>
          seen(asked, (all) => {
            if (all.length === 0) return undefined;
            const missing = missingRights(all);
            return missing === undefined
              ? ok()
              : failed(`it may not ${missing}`, "use the kubeconfig of an administrator");
          }),
      },
    ],
  };
}

/** Certificates are given from five minutes before now on, Leases last for some ten seconds. */
const NOTABLE_MS = 10_000;
const HARMFUL_MS = 120_000;
/** kubelets renew every ten seconds. */
const RENEWED_MS = 60_000;

export const clocks: Category<ClusterFacts> = {
  name: "clocks",
  checks: [
    {
      says: "the API server's clock agrees with this machine's",
      look: ({ api }) =>
        isHidden(api) || api.aheadMs === undefined ? undefined : judgeAhead("the API server", api.aheadMs),
    },
    {
      says: "nodes' clocks agree with the API server's",
      look: ({ leases, nodes, api, nowMs }) => {
        if (isHidden(api) || api.aheadMs === undefined) return undefined;
        const serverMs = nowMs + api.aheadMs;
        return both(leases, nodes, (renewed, all) => {
          const ready = all
            .filter((node) => !isVirtualNode(node) && isConditionTrue(node.status?.conditions, "Ready"))
            .map(({ metadata }) => metadata?.name);
          const wrong = renewed
            .filter(({ metadata }) => ready.includes(metadata?.name))
            .flatMap(({ metadata, spec }) => {
              const byMs = Date.parse(spec?.renewTime ?? "") - serverMs;
              if (byMs > NOTABLE_MS) return [`${metadata?.name} is ${told(byMs)} ahead`];
              // One that is ready has renewed its Lease lately.
              return byMs < -RENEWED_MS ? [`${metadata?.name} is at least ${told(-byMs - RENEWED_MS)} behind`] : [];
            });
          return none(wrong, "let them follow a time server (NTP)");
        });
      },
    },
  ],
};

/** Of the second clock, as the first sees it. */
export function judgeAhead(who: string, aheadMs: number) {
  const byMs = Math.abs(aheadMs);
  if (byMs <= NOTABLE_MS) return ok();
  const found = `${who} is ${told(byMs)} ${aheadMs > 0 ? "ahead" : "behind"}`;
  const hint = "let both follow a time server (NTP): certificates would be taken for too young or too old";
  return byMs > HARMFUL_MS ? failed(found, hint) : warning(found, hint);
}

function told(ms: number): string {
  return formatDuration(Math.round(ms / 1_000) * 1_000);
}
