/** Whether there is the template that a gateway is to be made of, and whether it lets through what is asked for. */
import type { WgGatewayServerTemplate } from "#api/networking/wggateway.ts";
import type { Context } from "#base/context.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { Cluster } from "../cluster.ts";
import { CliError } from "../errors.ts";

export interface WantedTemplate {
  /** Templates of servers and clients have the same shape. */
  readonly resource: Resource<WgGatewayServerTemplate>;
  readonly name: string;
  readonly namespace: string;
  /** The flag that names it. */
  readonly flag: string;
  readonly nodePort?: number | undefined;
  readonly loadBalancerIp?: string | undefined;
}

/** Throws a CliError that says what to do. Upstream: pkg/liqoctl/network/cluster.go (checkTemplate…) */
export async function checkTemplate(ctx: Context, { client, server }: Cluster, wanted: WantedTemplate): Promise<void> {
  const { resource, name, namespace, flag } = wanted;
  const found = await client.find(ctx, resource, { namespace, name });
  if (found === undefined)
    throw new CliError(`${resource.kind} ${namespace}/${name} does not exist on ${server}`, {
      hint: `\`kubectl get ${resource.plural} -A\` lists those there are; choose one by ${flag}`,
    });
  const missing = missingField(found, wanted);
  if (missing !== undefined)
    throw new CliError(`${resource.kind} ${namespace}/${name} has no ${missing.field}, and ${missing.flag} is given`, {
      hint: `add \`?${missing.field.split(".").at(-1)}\` to the template as in Liqo's own, or leave ${missing.flag} out`,
    });
}

export interface MissingField {
  readonly field: string;
  readonly flag: string;
}

/** What the template would drop of what is asked for; a field that begins with `?` may be left out. */
export function missingField(
  { spec }: WgGatewayServerTemplate,
  { nodePort, loadBalancerIp }: Pick<WantedTemplate, "nodePort" | "loadBalancerIp">,
): MissingField | undefined {
  const service = at(spec, ["template", "spec", "service", "spec"]);
  if (nodePort !== undefined && !has(at(service, ["ports", "0"]), "nodePort"))
    return { field: "spec.template.spec.service.spec.ports[0].nodePort", flag: "--gw-server-service-nodeport" };
  if (loadBalancerIp !== undefined && !has(service, "loadBalancerIP"))
    return {
      field: "spec.template.spec.service.spec.loadBalancerIP",
      flag: "--gw-server-service-loadbalancerip",
    };
  return undefined;
}

/** A template is free-form. */
function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>)[key] : undefined),
    value,
  );
}

function has(value: unknown, key: string): boolean {
  return typeof value === "object" && value !== null && (key in value || `?${key}` in value);
}
