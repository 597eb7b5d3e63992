/** Endpoints. Kubernetes: pkg/registry/core/endpoint, pkg/apis/core/validation */
import type { EndpointAddress, EndpointPort, Endpoints } from "kubernetes-types/core/v1";
import { endpoints } from "#machinery/builtin.ts";
import { type FieldError, invalid, notSupported, required } from "#machinery/field-error.ts";
import { dns1123Label } from "#machinery/names.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";
import { messages, PROTOCOLS, validateEndpointIp, validateIp, validatePort } from "../validation.ts";

export const endpointsStrategy = anyStrategy<Endpoints>({
  resource: endpoints,
  singular: "endpoints",
  shortNames: ["ep"],
  deprecation: "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
  generation: false,
  setDefaults: ({ subsets }) => {
    for (const port of (subsets ?? []).flatMap(({ ports }) => ports ?? [])) port.protocol ??= "TCP";
  },
  validate: validateEndpoints,
  validateUpdate: validateEndpoints,
  table: table<Endpoints>([{ name: "Endpoints", value: endpointsText }, age()]),
});

function endpointsText(object: Endpoints): string {
  const all = (object.subsets ?? []).flatMap(({ addresses, ports }) =>
    (addresses ?? []).flatMap(({ ip }) => (ports === undefined ? [ip] : ports.map(({ port }) => `${ip}:${port}`))),
  );
  if (all.length === 0) return "<none>";
  return all.length > 3 ? `${all.slice(0, 3).join(",")} + ${all.length - 3} more...` : all.join(",");
}

function validateEndpoints({ subsets = [] }: Endpoints): FieldError[] {
  return subsets.flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }, i) => {
    const at = `subsets[${i}]`;
    const isNowhere = addresses.length + notReadyAddresses.length === 0;
    return [
      ...(isNowhere ? [required(at, "must specify `addresses` or `notReadyAddresses`")] : []),
      ...addresses.flatMap((address, j) => validateAddress(address, `${at}.addresses[${j}]`)),
      ...notReadyAddresses.flatMap((address, j) => validateAddress(address, `${at}.notReadyAddresses[${j}]`)),
      ...ports.flatMap((port, j) => validateEndpointPort(port, ports.length > 1, `${at}.ports[${j}]`)),
    ];
  });
}

function validateAddress({ ip = "", hostname = "" }: EndpointAddress, at: string): FieldError[] {
  const problems = validateIp(ip, `${at}.ip`);
  return [
    ...problems,
    ...(hostname === "" ? [] : messages(`${at}.hostname`, hostname, dns1123Label(hostname))),
    // Upstream looks at it twice.
    ...(problems.length === 0
      ? validateEndpointIp(ip, `${at}.ip`)
      : [invalid(`${at}.ip`, ip, "must be a valid IP address")]),
  ];
}

function validateEndpointPort(
  { name = "", port, protocol = "" }: EndpointPort,
  needsName: boolean,
  at: string,
): FieldError[] {
  const errors = name === "" && needsName ? [required(`${at}.name`)] : [];
  if (name !== "") errors.push(...messages(`${at}.name`, name, dns1123Label(name)));
  errors.push(...validatePort(port, `${at}.port`));
  if (!PROTOCOLS.includes(protocol)) errors.push(notSupported(`${at}.protocol`, protocol, PROTOCOLS));
  return errors;
}
