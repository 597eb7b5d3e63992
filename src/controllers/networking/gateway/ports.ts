/** The Service of a server with several tunnels: templates have the port of one. Upstream takes the first and leaves the others. */
import type { ServicePort, ServiceSpec } from "kubernetes-types/core/v1";

/** Of the first tunnel, as soon as it needs one. */
const FIRST = "wireguard";

/** `ports`: of the tunnels, the first one's first; `nodePorts` in the same order, as far as they are wanted. */
export function withFurtherPorts(
  service: ServiceSpec,
  ports: readonly number[],
  nodePorts: readonly number[],
): ServiceSpec {
  const given = service.ports ?? [];
  const at = given.findIndex(isUdp);
  const first = given[at];
  // A template that has its own idea of ports is left alone.
  if (ports.length < 2 || first === undefined || given.filter(isUdp).length > 1) return service;
  const further = ports.slice(1).map((port, index): ServicePort => {
    const nodePort = nodePorts[index + 1];
    const name = `${first.name ?? FIRST}-${index + 1}`;
    return { name, port, targetPort: port, protocol: "UDP", ...(nodePort !== undefined && { nodePort }) };
  });
  const named = { ...first, name: first.name ?? FIRST };
  return { ...service, ports: [...given.slice(0, at), named, ...given.slice(at + 1), ...further] };
}

function isUdp({ protocol }: ServicePort): boolean {
  return protocol === "UDP";
}
