/** Whether the gateway server's Service could be made as asked: the API server itself says so, by a dry run. */
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { services } from "#machinery/builtin.ts";
import { isForbidden, StatusError } from "#machinery/status-error.ts";
import { CliError } from "../errors.ts";

export interface WantedService {
  readonly namespace: string;
  readonly type: "LoadBalancer" | "NodePort" | "ClusterIP";
  readonly port: number;
  readonly nodePort?: number;
  readonly loadBalancerIp?: string;
}

/** Only an explicit node port or address can be refused; then throws a CliError with the server's reason. */
export async function checkGatewayService(ctx: Context, client: KubeClient, wanted: WantedService): Promise<void> {
  const { namespace, type, port, nodePort, loadBalancerIp } = wanted;
  if (nodePort === undefined && loadBalancerIp === undefined) return;
  const service = {
    metadata: { generateName: "liqo-gateway-check-", namespace },
    spec: {
      type,
      ports: [{ port, protocol: "UDP", ...(nodePort !== undefined && { nodePort }) }],
      ...(loadBalancerIp !== undefined && { loadBalancerIP: loadBalancerIp }),
    },
  };
  try {
    await client.create(ctx, services, service, { dryRun: true });
  } catch (cause) {
    // A peering user makes no Services: the controllers of the other cluster do.
    if (isForbidden(cause)) return;
    if (!(cause instanceof StatusError) || cause.reason !== "Invalid") throw cause;
    throw new CliError(`the gateway server's Service is not possible: ${cause.message}`, {
      cause,
      hint: "choose another --gw-server-service-nodeport or --gw-server-service-loadbalancerip, or leave them out",
    });
  }
}
