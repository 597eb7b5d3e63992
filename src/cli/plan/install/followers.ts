/**
 * What follows of an upgrade for what is there: gateways and virtual kubelets that are made by templates of the chart, pods
 * that are replaced with the template of their Deployment or DaemonSet, connections that break. Pure.
 */
import type { Deployment } from "kubernetes-types/apps/v1";
import type { Pod } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import type { GatewayClient } from "#api/networking/gatewayclient.ts";
import type { GatewayServer } from "#api/networking/gatewayserver.ts";
import {
  wgGatewayClients,
  wgGatewayClientTemplates,
  wgGatewayServers,
  wgGatewayServerTemplates,
} from "#api/networking/wggateway.ts";
import {
  type VirtualNode,
  type VkOptionsTemplate,
  virtualNodes,
  vkOptionsTemplates,
} from "#api/offloading/virtualnode.ts";
import { gatewayObjectName } from "#forge/networking/names.ts";
import { forgeVkDeployment } from "#forge/virtualnode-objects.ts";
import { completeSpec, type Home, optionsKeyOf } from "#forge/virtualnode-spec.ts";
import { deployments, services } from "#machinery/builtin.ts";
import { contains } from "#machinery/contains.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { type Part, type PodFate, type Step, step, titleOf } from "../model.ts";
import { replacedFates } from "../pods.ts";
import { type FieldChange, fieldChanges, tellFields } from "./fields.ts";
import type { Changed } from "./installing.ts";

export interface FollowerFacts {
  readonly id: string;
  readonly liqoNamespace: string;
  readonly servers: readonly GatewayServer[];
  readonly clients: readonly GatewayClient[];
  readonly virtualNodes: readonly VirtualNode[];
  /** The VkOptionsTemplates, those of the chart as they will be. */
  readonly options: readonly VkOptionsTemplate[];
  readonly home: Home;
  /** In Liqo's namespace and in those for peers. */
  readonly pods: readonly Pod[];
}

/** A workload whose pods are replaced. */
interface Rolled {
  readonly namespace: string;
  readonly title: string;
  readonly selector: Readonly<Record<string, string>>;
}

interface Following {
  readonly steps: readonly Step[];
  readonly rolled: readonly Rolled[];
  readonly remarks: readonly string[];
}

export function planFollowers(facts: FollowerFacts, changed: readonly Changed[]): Part {
  const { id, pods } = facts;
  const following = [...gatewaysFollow(facts, changed), ...facts.virtualNodes.map((node) => nodeFollows(facts, node))];
  const rolled = [...changed.flatMap(rolledBy), ...following.flatMap((each) => each.rolled)];
  return {
    steps: following.flatMap(({ steps }) => steps),
    pods: rolled.flatMap((each) => fatesOf(id, pods, each)),
    remarks: following.flatMap(({ remarks }) => remarks),
  };
}

/** Of the pods' template; a change of anything else leaves them alone. */
const POD_TEMPLATE = "spec.template.";

function rolledBy({ object, live, fields }: Changed): Rolled[] {
  const isWorkload = object.kind === "Deployment" || object.kind === "DaemonSet";
  if (!isWorkload || !fields.some(({ path }) => path.startsWith(POD_TEMPLATE))) return [];
  return [rolledOf(object.kind ?? "", live as Deployment)];
}

function rolledOf(kind: string, { metadata, spec }: Deployment): Rolled {
  return {
    namespace: metadata?.namespace ?? "",
    title: `${kind} ${metadata?.name}`,
    selector: spec?.selector.matchLabels ?? {},
  };
}

function fatesOf(cluster: string, pods: readonly Pod[], { namespace, title, selector }: Rolled): PodFate[] {
  const own = pods.filter(
    ({ metadata }) =>
      metadata?.namespace === namespace &&
      Object.entries(selector).every(([key, value]) => metadata.labels?.[key] === value),
  );
  return replacedFates(cluster, own, `${title} has another template`);
}

/** Where a template has what a gateway is made of. */
const IN_TEMPLATE = "spec.template.spec.";

function gatewaysFollow(
  { id, liqoNamespace, servers, clients }: FollowerFacts,
  changed: readonly Changed[],
): Following[] {
  const all = [
    ...servers.map((gateway) => ({
      gateway,
      rendered: wgGatewayServers as Resource<KubeObject>,
      template: { kind: wgGatewayServerTemplates.kind, ...gateway.spec?.serverTemplateRef },
    })),
    ...clients.map((gateway) => ({
      gateway,
      rendered: wgGatewayClients as Resource<KubeObject>,
      template: { kind: wgGatewayClientTemplates.kind, ...gateway.spec?.clientTemplateRef },
    })),
  ];
  return all.flatMap(({ gateway, rendered, template: { kind, namespace = liqoNamespace, name = "" } }) => {
    const title = titleOf({ kind, metadata: { namespace, name } });
    const change = changed.find(({ object }) => titleOf(object) === title);
    const fields = (change?.fields ?? []).filter(({ path }) => path.startsWith(IN_TEMPLATE));
    return fields.length === 0 ? [] : [gatewayFollows(id, { gateway, rendered, fields, title })];
  });
}

interface Rerendered {
  readonly gateway: GatewayServer | GatewayClient;
  readonly rendered: Resource<KubeObject>;
  readonly fields: readonly FieldChange[];
  /** Of the template. */
  readonly title: string;
}

function gatewayFollows(id: string, { gateway, rendered, fields, title }: Rerendered): Following {
  const { name = "", namespace = "", labels: own } = gateway.metadata ?? {};
  const object = { metadata: { name: gatewayObjectName(name), namespace } };
  const below = (part: string): boolean => fields.some(({ path }) => path.startsWith(`${IN_TEMPLATE}${part}`));
  const why = `made by ${title}`;
  const isRolled = below("deployment.spec.template.");
  const selector = { [labels.GATEWAY_NAME]: name };
  return {
    steps: [
      step(id, "change", rendered, { metadata: { name, namespace } }, why),
      ...(below("deployment") ? [step(id, "change", deployments, object, why)] : []),
      ...(below("service") ? [step(id, "change", services, object, why)] : []),
    ],
    rolled: isRolled ? [{ namespace, title: `Deployment ${object.metadata.name}`, selector }] : [],
    remarks: isRolled
      ? [
          `gateway ${namespace}/${name} is replaced: packets to ${own?.[labels.REMOTE_CLUSTER_ID]} wait for a second or two, connections stay`,
        ]
      : [],
  };
}

const NOTHING: Following = { steps: [], rolled: [], remarks: [] };

/** As liqo-controller-manager does it with a VkOptionsTemplate that has changed. */
function nodeFollows({ id, liqoNamespace, options, home }: FollowerFacts, node: VirtualNode): Following {
  const { name = "", namespace = "" } = node.metadata ?? {};
  const key = optionsKeyOf(node, { namespace: liqoNamespace, name: "virtual-kubelet-default" });
  const template = options.find(({ metadata }) => metadata?.namespace === key.namespace && metadata.name === key.name);
  if (template === undefined || node.metadata?.labels?.[labels.WEBHOOK_SKIP] === "true") return NOTHING;
  const spec = completeSpec(node, template, home);
  if (contains(node.spec, spec)) return NOTHING;
  const why = `made by ${vkOptionsTemplates.kind} ${key.namespace}/${key.name}`;
  // What a virtual kubelet gets beside its template does not change.
  const [before, after] = [forgeVkDeployment(node, [], ""), forgeVkDeployment({ ...node, spec }, [], "")];
  const fields = before === undefined || after === undefined ? [] : fieldChanges({ live: before, after, before });
  const changes = [step(id, "change", virtualNodes, node, why)];
  if (after === undefined || fields.length === 0) return { ...NOTHING, steps: changes };
  const isRolled = fields.some(({ path }) => path.startsWith(POD_TEMPLATE));
  return {
    steps: [...changes, step(id, "change", deployments, after, `${why}: ${tellFields(fields)}`)],
    rolled: isRolled ? [rolledOf("Deployment", after)] : [],
    remarks: isRolled
      ? [
          `the virtual kubelet of ${namespace}/${name} is replaced: kubectl logs -f, exec, attach and port-forward of offloaded pods end, the pods go on`,
        ]
      : [],
  };
}
