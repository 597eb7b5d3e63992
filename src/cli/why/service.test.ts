import type { Pod, Service, ServiceSpec } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import { type ServiceFacts, type ServiceProvider, type ServiceRemote, serviceChain } from "./service.ts";
import { testChain } from "./testing/cases.ts";
import { event, podOf, wish } from "./testing/facts.ts";
import { connection, HIDDEN, peering } from "./testing/peer.ts";

const OURS = { "offloading.liqo.io/origin": "milan", "offloading.liqo.io/destination": "rome" };
const SELECTOR = { selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }] };

const service = (spec: ServiceSpec = SELECTOR, metadata: Service["metadata"] = {}): Service => ({
  metadata: { name: "web", namespace: "shop", ...metadata },
  spec,
});
const slice = (addresses: string[], more: Partial<EndpointSlice["endpoints"][number]> = {}): EndpointSlice => ({
  metadata: { name: "web-1", namespace: "shop" },
  ...{ addressType: "IPv4", endpoints: [{ addresses, ...more }] },
});
const shadow = (addresses: string[], labels: object = OURS) =>
  ({ metadata: { name: "web-1", labels }, spec: { template: { endpoints: [{ addresses }] } } }) as never;
const there = (more: Partial<ServiceRemote> = {}): ServiceRemote => ({
  ...{ service: { metadata: { name: "web", labels: OURS }, spec: { clusterIP: "10.96.0.1" } } },
  ...{ shadows: [shadow(["10.244.0.3"])], slices: [slice(["10.245.0.3"])], events: [] },
  ...more,
});
const provider = (more: Partial<ServiceProvider> = {}): ServiceProvider => ({
  ...{ id: "rome", twin: "shop-milan", policy: { service: "DenyList", endpointslice: "DenyList" } },
  ...{ peer: peering(), remote: there() },
  ...more,
});
const port = (name: string, containerPort: number): Pod =>
  podOf(undefined, { containers: [{ name: "web", ports: [{ name, containerPort }] }] });
const facts = (more: Partial<ServiceFacts> = {}): ServiceFacts => ({
  ...{
    service: service(),
    clusterId: "milan",
    events: [],
    slices: [slice(["10.244.0.3"])],
    pods: [port("http", 8080)],
  },
  ...{ target: undefined, offloading: wish(), providers: [provider()] },
  ...more,
});
const at = (more: Partial<ServiceRemote>, rest: Partial<ServiceFacts> = {}): ServiceFacts =>
  facts({ providers: [provider({ remote: there(more) })], ...rest });
const notes = (annotations: Record<string, string>) => service(SELECTOR, { annotations });
const failed = event("FailedReflection", 'Error reflecting object to cluster "rome": exceeded quota');

testChain(serviceChain, [
  ["all is well", facts(), "ok", "provider", /pods in shop-milan at rome/],
  [
    "it goes",
    facts({ service: service(SELECTOR, { deletionTimestamp: "x", finalizers: ["a/b"] }) }),
    "broken",
    "service",
    /a\/b keeps it/,
  ],
  [
    "it selects nothing that is there",
    facts({ pods: [] }),
    "broken",
    "pods",
    /no pod of shop has the labels app=web/,
    /--show-labels/,
  ],
  [
    "none is ready",
    facts({ pods: [podOf({ phase: "Pending" })] }),
    "broken",
    "pods",
    /none of the 1/,
    /why pod\/web -n shop/,
  ],
  [
    "that is wanted",
    facts({ pods: [podOf({ phase: "Pending" })], service: service({ ...SELECTOR, publishNotReadyAddresses: true }) }),
    "ok",
    "provider",
    /./,
  ],
  [
    "pods may not be read",
    facts({ pods: HIDDEN, providers: [], offloading: undefined }),
    "ok",
    "reflection",
    /not offloaded/,
  ],
  [
    "no container has the port's name",
    facts({ service: service({ ...SELECTOR, ports: [{ port: 80, targetPort: "https" }] }) }),
    "broken",
    "ports",
    /named https/,
    /they have http/,
  ],
  [
    "it has neither selector nor endpoints",
    facts({ service: service({}), slices: [] }),
    "broken",
    "endpoints",
    /no selector/,
    /EndpointSlice/,
  ],
  ["nobody makes endpoints", facts({ slices: [] }), "broken", "endpoints", /nobody has made/],
  [
    "none of them is ready",
    facts({ slices: [slice(["10.244.0.3"], { conditions: { ready: false } })] }),
    "broken",
    "endpoints",
    /none of its 1/,
  ],
  [
    "no load balancer",
    facts({ service: service({ ...SELECTOR, type: "LoadBalancer", loadBalancerClass: "x/y" }) }),
    "broken",
    "load balancer",
    /class x\/y/,
  ],
  [
    "a name of another place",
    facts({ service: service({ type: "ExternalName", externalName: "example.org" }) }),
    "ok",
    "provider",
    /./,
  ],
  [
    "a name that leads nowhere",
    facts({ service: service({ type: "ExternalName", externalName: "db.data.svc.cluster.local" }) }),
    "broken",
    "name",
    /no Service db in data/,
  ],
  [
    "it may not be known whether the namespace is offloaded",
    facts({ providers: HIDDEN }),
    "unknown",
    "reflection",
    /forbidden/,
  ],
  ["its namespace has no twin", facts({ providers: [] }), "broken", "reflection", /no twin/, /why namespace\/shop/],
  [
    "it is kept at home",
    facts({ service: notes({ "liqo.io/skip-reflection": "true" }) }),
    "broken",
    "reflection",
    /skip-reflection/,
    /kubectl annotate service web -n shop/,
  ],
  ["its annotation says no", facts({ service: notes({ "liqo.io/skip-reflection": "false" }) }), "ok", "provider", /./],
  [
    "it is of two minds",
    facts({ service: notes({ "liqo.io/skip-reflection": "true", "liqo.io/allow-reflection": "true" }) }),
    "broken",
    "reflection",
    /both annotations/,
  ],
  [
    "only what is allowed goes",
    facts({ providers: [provider({ policy: { service: "AllowList", endpointslice: "AllowList" } })] }),
    "broken",
    "reflection",
    /AllowList/,
    /allow-reflection=true/,
  ],
  [
    "its name is taken",
    at({ service: { metadata: { name: "web" } } }),
    "broken",
    "reflection",
    /already exists in namespace "shop-milan"/,
    /delete service web -n shop-milan/,
  ],
  [
    "the provider refuses it",
    at({ service: undefined }, { events: [failed] }),
    "broken",
    "reflection",
    /exceeded quota/,
  ],
  ["nobody has copied it", at({ service: undefined }), "broken", "reflection", /no copy of it/, /virtual kubelet/],
  [
    "a slice is kept at home",
    facts({
      slices: [{ ...slice(["1.2.3.4"]), metadata: { name: "web-1", annotations: { "liqo.io/skip-reflection": "" } } }],
    }),
    "broken",
    "endpoints away",
    /not offered to rome/,
  ],
  [
    "the name of a slice is taken",
    at({ shadows: [shadow(["1.2.3.4"], {})] }),
    "broken",
    "endpoints away",
    /already exists/,
  ],
  ["a slice is not copied", at({ shadows: [] }), "broken", "endpoints away", /none of EndpointSlice web-1/],
  [
    "an address has no place there",
    at(
      { shadows: [shadow([])] },
      { events: [event("PartialReflection", 'object to cluster "rome" without 203.0.113.5')] },
    ),
    "broken",
    "addresses",
    /without 203\.0\.113\.5/,
    /IP object/,
  ],
  [
    "an address is refused",
    at({
      events: [
        { ...event("AddressesRefused", "not addresses of cluster milan: 1.2.3.4"), involvedObject: { name: "web-1" } },
      ],
    }),
    "broken",
    "addresses",
    /rome refuses addresses/,
  ],
  ["no slice is made there", at({ slices: [] }), "broken", "endpoints away", /has made no EndpointSlice/],
  [
    "none is ready there",
    at({ slices: [slice(["10.245.0.3"], { conditions: { ready: false } })] }),
    "broken",
    "endpoints away",
    /takes none of its 1/,
  ],
  ["slices there may not be read", at({ slices: HIDDEN, events: HIDDEN }), "ok", "provider", /./],
  [
    "a pod's address is not the provider's",
    facts({
      slices: [slice(["10.250.0.3"], { nodeName: "liqo-rome", targetRef: {} })],
      providers: [provider({ remote: there({ shadows: [shadow([])] }) })],
    }),
    "broken",
    "addresses",
    /10\.250\.0\.3/,
  ],
  ["the provider cannot be asked", facts({ providers: [provider({ remote: HIDDEN })] }), "ok", "provider", /./],
  [
    "the tunnel is down",
    facts({ providers: [provider({ peer: peering({ connections: [connection("Error")] }) })] }),
    "broken",
    "tunnel",
    /Error/,
  ],
]);
