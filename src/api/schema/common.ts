/** Shapes that several kinds share. */
import { array, boolean, integer, map, object, oneOf, required, rules, type Schema, string } from "./dsl.ts";

export const clusterId = string({ pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" });
export const bytes = string({ format: "byte" });
export const cidr = string({ format: "cidr" });
export const ipv4 = string({ format: "ipv4" });
export const dateTime = string({ format: "date-time" });
export const stringMap = map(string());

/** Kubernetes: core/v1 ObjectReference */
export const objectReference = object(
  {
    apiVersion: string(),
    fieldPath: string(),
    kind: string(),
    name: string(),
    namespace: string(),
    resourceVersion: string(),
    uid: string(),
  },
  { "x-kubernetes-map-type": "atomic" },
);

/** Kubernetes: core/v1 LocalObjectReference */
export const localReference = object({ name: string({ default: "" }) }, { "x-kubernetes-map-type": "atomic" });

/** Kubernetes: apimachinery/pkg/api/resource */
export const quantity: Schema<string> = {
  json: {
    anyOf: [{ type: "integer" }, { type: "string" }],
    pattern:
      "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$",
    "x-kubernetes-int-or-string": true,
  },
  isRequired: false,
};
export const quantities = map(quantity);

/** The metadata of a template: only what a template may set. */
export const templateMetadata = object({
  annotations: stringMap,
  finalizers: array(string()),
  labels: stringMap,
  name: string(),
  namespace: string(),
});

export const storageClass = object({ default: boolean(), storageClassName: required(string()) });
export const ingressClass = object({ default: boolean(), ingressClassName: required(string()) });
export const loadBalancerClass = object({ default: boolean(), loadBalancerClassName: required(string()) });

/** What a consumer needs to talk to the provider's API server. */
export const authParams = object({
  apiServer: string(),
  awsConfig: object({
    awsAccessKeyID: required(string()),
    awsClusterName: required(string()),
    awsRegion: required(string()),
    awsSecretAccessKey: required(string()),
    awsUserArn: required(string()),
  }),
  ca: bytes,
  proxyURL: string(),
  signedCRT: bytes,
});

const ports = array(integer("int32"), { maxItems: 64 });
const NO_DUPLICATES = "!(has(self.ports)) || self.ports.all(p, self.ports.filter(q, q == p).size() == 1)";

const endpointFields = {
  addresses: array(string()),
  port: integer("int32"),
  ports,
  protocol: oneOf(["TCP", "UDP"]),
};

const ENDPOINT_RULES = [
  { message: "port and ports are mutually exclusive", rule: "!(has(self.port) && has(self.ports))" },
  {
    message: "at least one of port or ports must be set",
    rule: "has(self.port) || (has(self.ports) && size(self.ports) > 0)",
  },
  { message: "ports must not contain duplicates", rule: NO_DUPLICATES },
];

/** Where a gateway server can be reached. */
export const endpointStatus = rules(object(endpointFields), ...ENDPOINT_RULES);

/** The same as the server tells it: at which TCP port it takes datagrams where UDP is shut, too. That is not upstream's. */
export const servedEndpoint = rules(object({ ...endpointFields, tcpPort: integer("int32") }), ...ENDPOINT_RULES);

export const internalEndpoint = object({ ip: ipv4, node: string() });

/** Kubernetes: meta/v1 Condition */
export const metaCondition = object({
  lastTransitionTime: required(dateTime),
  message: required(string({ maxLength: 32768 })),
  observedGeneration: integer("int64", { minimum: 0 }),
  reason: required(string({ maxLength: 1024, minLength: 1, pattern: "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$" })),
  status: required(string({ enum: ["True", "False", "Unknown"] })),
  type: required(
    string({
      maxLength: 316,
      pattern:
        "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
    }),
  ),
});

/** One entry per host that applies a Route- or FirewallConfiguration. */
export const hostConditions = array(
  object({
    host: required(string()),
    lastTransitionTime: dateTime,
    status: required(string()),
    type: required(string()),
  }),
);

export { NO_DUPLICATES, ports as endpointPorts };
