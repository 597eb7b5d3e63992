/** How a gateway's Service asks for the address that it had. */
import { isIP } from "node:net";
import type { Service } from "kubernetes-types/core/v1";
import type { WgGatewayServer } from "#api/networking/wggateway.ts";

export type Endpoint = NonNullable<NonNullable<WgGatewayServer["status"]>["endpoint"]>;

/** The Service with the address or port of `known`; undefined where its type or its template leaves no choice. */
export function atEndpoint(service: Service, known: Endpoint): Service | undefined {
  const { spec } = service;
  const [address] = known.addresses ?? [];
  const [port, ...others] = spec?.ports ?? [];
  switch (spec?.type) {
    case "LoadBalancer": {
      const isFree = (spec.loadBalancerIP ?? "") === "" && address !== undefined && isIP(address) !== 0;
      return isFree ? { ...service, spec: { ...spec, loadBalancerIP: address } } : undefined;
    }
    case "NodePort": {
      const [first, ...further] = known.ports ?? [known.port];
      if (port === undefined || (port.nodePort ?? 0) !== 0 || first === undefined) return undefined;
      const rest = others.map((other) => {
        const nodePort = other.protocol === "TCP" ? known.tcpPort : further.shift();
        return (other.nodePort ?? 0) === 0 && nodePort !== undefined ? { ...other, nodePort } : other;
      });
      return { ...service, spec: { ...spec, ports: [{ ...port, nodePort: first }, ...rest] } };
    }
    default: {
      const isFree = spec !== undefined && (spec.clusterIP ?? "") === "" && address !== undefined;
      return isFree ? { ...service, spec: { ...spec, clusterIP: address } } : undefined;
    }
  }
}
