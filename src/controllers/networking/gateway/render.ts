/** A gateway through its template: the WgGateway of the same name. Upstream: pkg/liqo-controller-manager/networking/external-network/utils */
import { TCP_CARRIER_PORT } from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import type { GatewayClient } from "#api/networking/gatewayclient.ts";
import type { GatewayServer } from "#api/networking/gatewayserver.ts";
import type { WgGatewayClient, WgGatewayServer } from "#api/networking/wggateway.ts";
import { TerminalError } from "#kube/controller/controller.ts";
import { controllerReference } from "#machinery/meta.ts";
import { withFurtherPorts } from "./ports.ts";
import { renderTemplate } from "./template.ts";

type Spec = NonNullable<(GatewayServer | GatewayClient)["spec"]>;

/** Templates know one port: of several, the first. The gateway itself looks for the others. */
function withFirstPorts(spec: Spec): Spec {
  const { endpoint } = spec;
  if (endpoint === undefined) return spec;
  const nodePorts = "nodePorts" in endpoint ? endpoint.nodePorts : undefined;
  const [port, nodePort] = [endpoint.ports?.[0], nodePorts?.[0]];
  return {
    ...spec,
    endpoint: { ...endpoint, ...(port !== undefined && { port }), ...(nodePort !== undefined && { nodePort }) },
  };
}

/** `secretName`: of the Secret with the keys. Throws a TerminalError when the template holds nothing to render. */
export function renderGateway<T extends WgGatewayServer | WgGatewayClient>(
  gateway: GatewayServer | GatewayClient,
  template: Record<string, unknown> | undefined,
  secretName: string,
): T {
  if (template === undefined)
    throw new TerminalError(`render gateway ${gateway.metadata?.name}: its template has no spec.template`);
  const { name = "", namespace = "", uid = "", labels: own, annotations } = gateway.metadata ?? {};
  const remoteId = own?.[labels.REMOTE_CLUSTER_ID] ?? "";
  const data = {
    Spec: withFirstPorts(gateway.spec ?? {}),
    Name: name,
    Namespace: namespace,
    GatewayUID: uid,
    ClusterID: remoteId,
    SecretName: secretName,
    TCPCarrierPort: /^\d{1,5}$/.exec(annotations?.[TCP_CARRIER_PORT] ?? "")?.[0] ?? "0",
  };
  // A template is free-form: what it renders to is checked by the schema of the rendered kind.
  const object = renderTemplate(template, data) as unknown as T;
  const { blockOwnerDeletion: _b, ...owner } = controllerReference(gateway);
  return {
    ...object,
    metadata: {
      ...object.metadata,
      name,
      namespace,
      labels: { ...object.metadata?.labels, [labels.REMOTE_CLUSTER_ID]: remoteId },
      ownerReferences: [owner],
    },
    spec: { ...object.spec, ...servedAt(object, gateway), secretRef: { name: secretName } },
  } as T;
}

function servedAt({ spec }: WgGatewayServer | WgGatewayClient, gateway: GatewayServer | GatewayClient): object {
  if (spec === undefined || !("service" in spec) || spec.service.spec === undefined) return {};
  const { ports = [], nodePorts = [] } = (gateway as GatewayServer).spec?.endpoint ?? {};
  return { service: { ...spec.service, spec: withFurtherPorts(spec.service.spec, ports, nodePorts) } };
}
