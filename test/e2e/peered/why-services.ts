/** Services that lead nowhere, each for another reason. */
import type { ServiceSpec } from "kubernetes-types/core/v1";
import { CAPPED } from "./why-pods.ts";
import {
  away,
  elsewhere,
  NAMESPACE,
  type Named,
  named,
  object,
  one,
  pod,
  type Situation,
  TWIN,
} from "./why-situation.ts";

const WEB = { app: "web" };
const PORTS = [{ port: 80, targetPort: 8080 }];

function service(name: string, spec: ServiceSpec, metadata: object = {}) {
  return object("v1", "Service", name, { metadata, spec });
}

/** Endpoints by hand. */
function slice(name: string, of: string, address: string, metadata: { annotations?: object } = {}) {
  const labels = { "kubernetes.io/service-name": of };
  return object("discovery.k8s.io/v1", "EndpointSlice", name, {
    metadata: { ...metadata, labels },
    ...{ addressType: "IPv4", endpoints: [{ addresses: [address] }], ports: [{ port: 80 }] },
  });
}

const web = (name: string, labels: object, more = {}) =>
  pod(name, away({ containers: one({ ports: [{ name: "http", containerPort: 8080 }], ...more }) }), { labels });

const of = (name: string, spec: ServiceSpec, metadata: object = {}) => ({ home: [service(name, spec, metadata)] });

const ROWS: readonly Named[] = [
  {
    name: "good",
    state: "ok",
    link: "provider",
    says: /puzzles-milan at rome/,
    home: [web("web-1", WEB), service("good", { selector: WEB, ports: PORTS })],
  },
  {
    name: "headless",
    state: "ok",
    link: "provider",
    says: /puzzles-milan/,
    ...of("headless", { clusterIP: "None", selector: WEB, ports: PORTS }),
  },
  {
    name: "outside",
    state: "ok",
    link: "provider",
    says: /puzzles-milan/,
    ...of("outside", { type: "ExternalName", externalName: "example.org" }),
  },
  {
    name: "balanced",
    state: "ok",
    link: "provider",
    says: /puzzles-milan/,
    ...of("balanced", { type: "LoadBalancer", selector: WEB, ports: PORTS }),
  },
  named("no-pods", "pods", /no pod of puzzles has the labels app=nobody/, {
    ...of("no-pods", { selector: { app: "nobody" }, ports: PORTS }),
    hint: /--show-labels/,
  }),
  named("not-ready", "pods", /none of the 1 that it selects is ready, as slow/, {
    home: [
      web("slow", { app: "slow" }, { readinessProbe: { exec: { command: ["false"] }, periodSeconds: 3 } }),
      service("not-ready", { selector: { app: "slow" }, ports: PORTS }),
    ],
    hint: /liqoctl why pod\/slow -n puzzles/,
  }),
  named("no-such-port", "ports", /port 80 leads to the port named https, which no container has/, {
    ...of("no-such-port", { selector: WEB, ports: [{ port: 80, targetPort: "https" }] }),
    hint: /they have http: mend/,
  }),
  named("no-endpoints", "endpoints", /no selector, and nobody has given it endpoints/, {
    ...of("no-endpoints", { ports: PORTS }),
    hint: /service-name=no-endpoints/,
  }),
  named(
    "pending",
    "load balancer",
    /one of the class example\.org\/none is to/,
    of("pending", { type: "LoadBalancer", loadBalancerClass: "example.org/none", selector: WEB, ports: PORTS }),
  ),
  named(
    "leads-nowhere",
    "name",
    /no Service absent in default/,
    of("leads-nowhere", { type: "ExternalName", externalName: "absent.default.svc.cluster.local" }),
  ),
  named("skipped", "reflection", /annotation liqo\.io\/skip-reflection/, {
    ...of("skipped", { selector: WEB, ports: PORTS }, { annotations: { "liqo.io/skip-reflection": "true" } }),
    hint: /kubectl annotate service skipped -n puzzles liqo.io\/skip-reflection-/,
  }),
  named(
    "of-two-minds",
    "reflection",
    /has both annotations/,
    of(
      "of-two-minds",
      { selector: WEB, ports: PORTS },
      { annotations: { "liqo.io/skip-reflection": "true", "liqo.io/allow-reflection": "true" } },
    ),
  ),
  named("taken-there", "reflection", /already exists in namespace "puzzles-milan"/, {
    there: [elsewhere(TWIN, service("taken-there", { ports: PORTS }))],
    ...of("taken-there", { selector: WEB, ports: PORTS }),
    hint: /kubectl delete service taken-there -n puzzles-milan/,
  }),
  named("same-node-port", "reflection", /provided port is already allocated/, {
    there: [
      elsewhere("default", service("why-node-port", { type: "NodePort", ports: [{ port: 80, nodePort: 31_234 }] })),
    ],
    ...of(
      "same-node-port",
      { type: "NodePort", selector: WEB, ports: [{ port: 80, targetPort: 8080, nodePort: 31_234 }] },
      { annotations: { "liqo.io/force-remote-node-port": "true" } },
    ),
  }),
  named("unmapped", "addresses", /without 203\.0\.113\.5/, {
    home: [service("unmapped", { ports: PORTS }), slice("unmapped-1", "unmapped", "203.0.113.5")],
    hint: /IP object/,
  }),
  named("slice-skipped", "endpoints away", /EndpointSlice slice-skipped-1 is not offered to rome/, {
    home: [
      service("slice-skipped", { ports: PORTS }),
      slice("slice-skipped-1", "slice-skipped", "10.244.0.9", { annotations: { "liqo.io/skip-reflection": "true" } }),
    ],
  }),
  named("slice-taken", "endpoints away", /slice-taken-1: .*already exists/, {
    there: [
      object("offloading.liqo.io/v1beta1", "ShadowEndpointSlice", "slice-taken-1", {
        metadata: { namespace: TWIN },
        spec: { template: { addressType: "IPv4" } },
      }),
    ],
    home: [service("slice-taken", { ports: PORTS }), slice("slice-taken-1", "slice-taken", "10.244.0.9")],
  }),
  named("kept-service", "service", /finalizer example\.org\/keep keeps it/, {
    ...of("kept-service", { selector: WEB, ports: PORTS }, { finalizers: ["example.org/keep"] }),
    make: ({ kubectl }) => kubectl("milan", "delete", "service", "kept-service", "-n", NAMESPACE, "--wait=false"),
    undo: ({ tryKubectl }) =>
      tryKubectl("milan", [
        "patch",
        "service",
        "kept-service",
        "-n",
        NAMESPACE,
        "--type=merge",
        "-p",
        '{"metadata":{"finalizers":null}}',
      ]),
  }),
];

export const SERVICE_SITUATIONS: readonly Situation[] = [
  ...ROWS.map(({ name, ...rest }) => ({ ask: `svc/${name} -n ${NAMESPACE}`, ...rest })),
  {
    ...{ ask: "service/kubernetes -n default", state: "ok", link: "reflection", says: /default is not offloaded/ },
  },
  {
    ...{
      ask: `services/over-quota -n ${CAPPED}`,
      state: "broken",
      link: "reflection",
      says: /exceeded quota: no-services/,
    },
    there: [
      object("v1", "ResourceQuota", "no-services", {
        metadata: { namespace: `${CAPPED}-milan` },
        spec: { hard: { services: "0" } },
      }),
    ],
    home: [
      elsewhere(CAPPED, service("over-quota", { ports: PORTS })),
      elsewhere(CAPPED, slice("over-quota-1", "over-quota", "10.244.0.9")),
    ],
  },
  {
    ...{
      ask: "svc/no-twin -n clash",
      state: "broken",
      link: "reflection",
      says: /clash is offloaded, and has no twin/,
      hint: /why namespace\/clash/,
    },
    home: [
      elsewhere("clash", service("no-twin", { ports: PORTS })),
      elsewhere("clash", slice("no-twin-1", "no-twin", "10.244.0.9")),
    ],
  },
];
