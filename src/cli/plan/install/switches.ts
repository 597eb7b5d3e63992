/** What liqo-controller-manager makes of it, where there are peers, when it is told otherwise than before. Pure. */
import type { Node, Pod } from "kubernetes-types/core/v1";
import { MANAGED_BY_NAMESPACE_MAP } from "#api/annotations.ts";
import type { Tenant } from "#api/authentication/tenant.ts";
import * as labels from "#api/labels.ts";
import type { Configuration } from "#api/networking/configuration.ts";
import type { Connection } from "#api/networking/connection.ts";
import { firewallConfigurations } from "#api/networking/firewallconfiguration.ts";
import { isVirtualNode } from "#api/predicates.ts";
import { forgeGatewayBypass, forgeMasqueradeBypass } from "#forge/networking/firewall.ts";
import { forgeInternalNode } from "#forge/networking/internal.ts";
import { POD_SECURITY_ENFORCE } from "#forge/twin.ts";
import { deployments, namespaces } from "#machinery/builtin.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { isActive } from "#machinery/pod.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { type Part, type Step, step, titleOf } from "../model.ts";

/** What the controller manager is told, such as `networking-enabled`; undefined: nothing. */
export type FlagOf = (name: string) => string | undefined;

export interface SwitchFacts {
  readonly id: string;
  readonly liqoNamespace: string;
  readonly before: FlagOf;
  readonly after: FlagOf;
  readonly hasProxy: boolean;
  readonly nodes: readonly Node[];
  readonly pods: readonly Pod[];
  readonly configurations: readonly Configuration[];
  readonly connections: readonly Connection[];
  readonly tenants: readonly Tenant[];
  /** Those of the cluster, as far as they are known. */
  readonly objects: readonly KubeObject[];
}

export function planSwitches(facts: SwitchFacts): Part {
  const { before, after } = facts;
  // There is no manager yet, and nothing that it has made.
  if (before("cluster-id") === undefined) return {};
  const isNetworking = after("networking-enabled") !== "false";
  return {
    steps: [...(isNetworking ? [...masquerade(facts), ...bypass(facts)] : []), ...podSecurity(facts)],
    remarks: MARKS.filter((name) => before(name) !== after(name)).map(
      (name) => `--${name} changes: it is of all that Liqo has made, and not told one by one`,
    ),
    breaks: [...(isNetworking ? [] : brokenConnections(facts)), ...(facts.hasProxy ? [] : unreachable(facts))],
  };
}

const MARKS = ["global-labels", "global-annotations"];

const FULL_MASQUERADE = "fabric-full-masquerade-enabled";

function masquerade({ id, before, after, configurations, objects }: SwitchFacts): Step[] {
  const there = new Set(objects.map(titleOf));
  const isFull = (flagOf: FlagOf): boolean => flagOf(FULL_MASQUERADE) === "true";
  return configurations.flatMap((configuration) => {
    const wanted = forgeMasqueradeBypass(configuration, isFull(after));
    const change = step(id, "change", firewallConfigurations, wanted, `--${FULL_MASQUERADE}=${isFull(after)}`);
    const isSame = jsonEquals(wanted, forgeMasqueradeBypass(configuration, isFull(before)));
    return isSame || !there.has(titleOf(change.object)) ? [] : [change];
  });
}

/** By node that runs gateways. */
function bypass({ id, liqoNamespace: namespace, after, nodes, pods, objects }: SwitchFacts): Step[] {
  const isOn = after("gateway-masquerade-bypass-enabled") === "true";
  const there = new Set(objects.map(titleOf));
  const gateways = pods.filter((pod) => pod.metadata?.labels?.[labels.GATEWAY_NAME] !== undefined && isActive(pod));
  return nodes
    .filter((node) => !isVirtualNode(node))
    .flatMap(({ metadata: { name = "" } = {} }) => {
      const isWanted = isOn && gateways.some(({ spec }) => spec?.nodeName === name);
      const table = forgeGatewayBypass(forgeInternalNode(name, "", ""), [], { namespace, overlayPort: 0 });
      const verb = isWanted ? "create" : "delete";
      const change = step(id, verb, firewallConfigurations, table, `gateways on ${name} keep their address, or not`);
      return there.has(titleOf(change.object)) === isWanted ? [] : [change];
    });
}

/** Of the twins of consumers' namespaces. */
function podSecurity({ id, before, after, objects }: SwitchFacts): Step[] {
  const [was, is] = [before, after].map((flagOf) => flagOf("pod-security-enforce") ?? "baseline");
  if (was === is) return [];
  return objects
    .filter(({ kind, metadata }) => {
      const own = metadata?.labels?.[POD_SECURITY_ENFORCE];
      const isTwin = kind === namespaces.kind && metadata?.annotations?.[MANAGED_BY_NAMESPACE_MAP] !== undefined;
      return isTwin && (is === "privileged" ? own === was : own !== is);
    })
    .map((twin) => step(id, "change", namespaces, twin, `enforces the Pod Security level ${is} on new pods`));
}

function brokenConnections({ id, connections }: SwitchFacts): string[] {
  return connections.map(
    ({ metadata }) =>
      `the connection between ${id} and ${metadata?.labels?.[labels.REMOTE_CLUSTER_ID] ?? metadata?.name} breaks`,
  );
}

/** Those that come through the tunnel only. */
function unreachable({ id, tenants }: SwitchFacts): string[] {
  return tenants
    .filter(({ spec }) => (spec?.proxyURL ?? "") !== "")
    .map(
      ({ metadata }) =>
        `${metadata?.name}, which peers in-band, reaches the API server of ${id} no more: ${deployments.kind} liqo-proxy is deleted`,
    );
}
