/** Validation of kinds that record or limit. Kubernetes: pkg/apis/core/validation/{validation,events}.go */
import type {
  EndpointAddress,
  EndpointPort,
  Endpoints,
  Event,
  LimitRange,
  LimitRangeItem,
  ResourceQuota,
} from "kubernetes-types/core/v1";
import { duplicate, type FieldError, invalid, notSupported, required } from "#machinery/field-error.ts";
import { dns1123Label } from "#machinery/names.ts";
import { milliOf } from "#machinery/quantity.ts";
import { messages, PROTOCOLS, validateEndpointIp, validateIp, validatePort } from "../validation.ts";
import { validateContainerResource, validateQuotaResource, validateResourceName } from "./resource-name.ts";

const LISTS = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] as const;

export function validateQuota({ spec }: ResourceQuota): FieldError[] {
  return Object.entries(spec?.hard ?? {}).flatMap(([name, amount]) =>
    validateQuotaResource(name, amount, `spec.hard[${name}]`),
  );
}

export function validateLimitRange({ spec }: LimitRange): FieldError[] {
  const types = new Set<string>();
  return (spec?.limits ?? []).flatMap((limit, i) => {
    const at = `spec.limits[${i}]`;
    const errors = types.has(limit.type) ? [duplicate(`${at}.type`, limit.type)] : [];
    types.add(limit.type);
    return [...errors, ...validateLimitNames(limit, at), ...validateLimitAmounts(limit, at)];
  });
}

function validateLimitNames(limit: LimitRangeItem, at: string): FieldError[] {
  const check = limit.type === "Container" ? validateContainerResource : validateNameOnly;
  return LISTS.flatMap((list) =>
    Object.entries(limit[list] ?? {}).flatMap(([name, amount]) => check(name, amount, `${at}.${list}[${name}]`)),
  );
}

function validateNameOnly(name: string, _amount: string, field: string): FieldError[] {
  return validateResourceName(name, field);
}

type Bound = (typeof LISTS)[number];
/** Which list may not exceed which; in which of them the error is, which amount it shows, and in what words. */
const ORDERS: readonly {
  readonly low: Bound;
  readonly high: Bound;
  readonly at: Bound;
  readonly shown?: Bound;
  readonly words: readonly [string, string];
}[] = [
  { low: "min", high: "max", at: "min", words: ["min", "max"] },
  { low: "min", high: "defaultRequest", at: "defaultRequest", words: ["min", "default request"] },
  { low: "defaultRequest", high: "max", at: "defaultRequest", words: ["default request", "max"] },
  { low: "defaultRequest", high: "default", at: "defaultRequest", words: ["default request", "default limit"] },
  { low: "min", high: "default", at: "default", shown: "min", words: ["min", "default"] },
  { low: "default", high: "max", at: "default", shown: "max", words: ["default", "max"] },
];

function validateLimitAmounts(limit: LimitRangeItem, path: string): FieldError[] {
  const names = new Set(LISTS.flatMap((list) => Object.keys(limit[list] ?? {})));
  return [...names].flatMap((name) =>
    ORDERS.flatMap(({ low, high, at, shown = at, words: [lesser, greater] }) => {
      const [a, b] = [limit[low]?.[name], limit[high]?.[name]];
      if (a === undefined || b === undefined || milliOf(a) <= milliOf(b)) return [];
      const why = `${lesser} value ${a} is greater than ${greater} value ${b}`;
      return [invalid(`${path}.${at}[${name}]`, limit[shown]?.[name], why)];
    }),
  );
}

export function validateEndpoints({ subsets = [] }: Endpoints): FieldError[] {
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

/** Events are kept where their object is, those of objects without a namespace in `default`. */
export function validateEvent({ metadata, involvedObject, eventTime }: Event): FieldError[] {
  const own = metadata.namespace ?? "";
  const theirs = involvedObject?.namespace ?? "";
  const isOld = (eventTime ?? "") === "";
  const homes = isOld ? ["default"] : ["default", "kube-system"];
  const fits = theirs === "" ? homes.includes(own) : !isOld || own === theirs;
  return fits ? [] : [invalid("involvedObject.namespace", theirs, "does not match event.namespace")];
}
