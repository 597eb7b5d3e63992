/** Endpoint slices. Kubernetes: pkg/registry/discovery/endpointslice, pkg/apis/discovery/validation */
import { isIPv4 } from "node:net";
import { isDeepStrictEqual } from "node:util";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import { endpointSlices } from "#machinery/builtin.ts";
import { duplicate, type FieldError, invalid, notSupported, required } from "#machinery/field-error.ts";
import { dns1123Label } from "#machinery/names.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";
import { messages, PROTOCOLS, validateEndpointIp, validateImmutable, validateIp } from "../validation.ts";

const ADDRESS_TYPES = ["FQDN", "IPv4", "IPv6"];

export const endpointSliceStrategy = anyStrategy<EndpointSlice>({
  resource: endpointSlices,
  singular: "endpointslice",
  empty: { endpoints: null, ports: null },
  generation: true,
  setDefaults: (slice) => {
    for (const endpoint of slice.endpoints ?? []) endpoint.conditions ??= {};
    for (const port of slice.ports ?? []) {
      port.name ??= "";
      port.protocol ??= "TCP";
    }
  },
  validate: validateSlice,
  prepareForUpdate: (next, previous) => {
    // Its generation counts labels and annotations too.
    const shown = ({ metadata }: EndpointSlice): unknown[] => [metadata?.labels ?? {}, metadata?.annotations ?? {}];
    if (isDeepStrictEqual(shown(next), shown(previous))) return;
    next.metadata = { ...next.metadata, generation: (previous.metadata?.generation ?? 0) + 1 };
  },
  validateUpdate: (next, previous) => [
    ...validateSlice(next),
    ...validateImmutable(next.addressType, previous.addressType, "addressType"),
  ],
  table: table<EndpointSlice>([
    { name: "AddressType", value: ({ addressType }) => addressType },
    {
      name: "Ports",
      value: ({ ports }) =>
        limited((ports ?? []).map(({ port }) => (port === undefined ? "*" : String(port)))) || "<unset>",
    },
    {
      name: "Endpoints",
      value: ({ endpoints }) => limited((endpoints ?? []).flatMap(({ addresses }) => addresses)) || "<unset>",
    },
    age(),
  ]),
});

function validateSlice(slice: EndpointSlice): FieldError[] {
  const errors: FieldError[] = [];
  if (!ADDRESS_TYPES.includes(slice.addressType)) {
    errors.push(
      (slice.addressType ?? "") === ""
        ? required("addressType")
        : notSupported("addressType", slice.addressType, ADDRESS_TYPES),
    );
  }
  for (const [i, { addresses, hostname }] of (slice.endpoints ?? []).entries()) {
    const at = `endpoints[${i}]`;
    if ((addresses ?? []).length === 0) errors.push(required(`${at}.addresses`, "must contain at least 1 address"));
    for (const [j, address] of (addresses ?? []).entries())
      errors.push(...validateAddress(address, slice.addressType, `${at}.addresses[${j}]`));
    if (hostname !== undefined) errors.push(...messages(`${at}.hostname`, hostname, dns1123Label(hostname)));
  }
  return [...errors, ...validateSlicePorts(slice)];
}

function validateAddress(address: string, type: string, at: string): FieldError[] {
  if (type !== "IPv4" && type !== "IPv6") return [];
  const errors = validateIp(address, at);
  const isOther = errors.length === 0 && isIPv4(address) !== (type === "IPv4");
  return isOther
    ? [invalid(at.replace(/\[\d+\]$/, ""), address, `must be an ${type} address`)]
    : [...errors, ...validateEndpointIp(address, at)];
}

function validateSlicePorts({ ports }: EndpointSlice): FieldError[] {
  const names = new Set<string>();
  return (ports ?? []).flatMap(({ name = "", protocol = "" }, i) => {
    const errors = name === "" ? [] : messages(`ports[${i}].name`, name, dns1123Label(name));
    if (names.has(name)) errors.push(duplicate(`ports[${i}].name`, name));
    names.add(name);
    if (!PROTOCOLS.includes(protocol)) errors.push(notSupported(`ports[${i}].protocol`, protocol, PROTOCOLS));
    return errors;
  });
}

function limited(values: readonly string[]): string {
  return values.length > 3 ? `${values.slice(0, 3).join(",")} + ${values.length - 3} more...` : values.join(",");
}
