/** The public key of a gateway, from the Secret that its controller has made; the private one stays where it is. */
import type { GatewayClient } from "#api/networking/gatewayclient.ts";
import type { GatewayServer } from "#api/networking/gatewayserver.ts";
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { secrets } from "#machinery/builtin.ts";
import { waitFor } from "../../cluster.ts";

/** base64 of the raw key. */
export async function publicKeyOf(
  ctx: Context,
  client: KubeClient,
  { metadata, status }: GatewayServer | GatewayClient,
  timeoutMs: number,
): Promise<string> {
  const { name = "", namespace = metadata?.namespace ?? "" } = status?.secretRef ?? {};
  const secret = await waitFor(
    ctx,
    client,
    secrets,
    { namespace, name },
    {
      until: (found) => found?.data?.["publicKey"] !== undefined,
      timeoutMs,
      what: "no public key",
    },
  );
  return secret?.data?.["publicKey"] ?? "";
}
