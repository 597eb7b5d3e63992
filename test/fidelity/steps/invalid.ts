/** Objects of the built-in kinds that are refused, with the words that kubectl prints; and some that must not be. */
import { inNamespace, patch, post, type Step } from "../step.ts";

const LABELS = { matchLabels: { app: "x" } };
const CONTAINER = { name: "c", image: "nginx" };
const template = (spec: object = {}, labels: object = { app: "x" }): object => ({
  metadata: { labels },
  spec: { containers: [CONTAINER], ...spec },
});

const PODS: Readonly<Record<string, object>> = {
  "no containers": { containers: [] },
  "no image": { containers: [{ name: "c" }] },
  "no name": { containers: [{ image: "x" }] },
  "name twice": { containers: [CONTAINER, CONTAINER] },
  "bad name": { containers: [{ name: "A_b", image: "x" }] },
  "bad restart policy": { containers: [CONTAINER], restartPolicy: "Other" },
  "bad pull policy": { containers: [{ ...CONTAINER, imagePullPolicy: "Other" }] },
  "bad port": { containers: [{ ...CONTAINER, ports: [{ containerPort: 70000 }] }] },
  "bad port name": { containers: [{ ...CONTAINER, ports: [{ containerPort: 80, name: "A_TOO_LONG_PORT_NAME" }] }] },
  "bad protocol": { containers: [{ ...CONTAINER, ports: [{ containerPort: 80, protocol: "X" }] }] },
  "bad env name": { containers: [{ ...CONTAINER, env: [{ name: "a=b", value: "x" }] }] },
  "env no name": { containers: [{ ...CONTAINER, env: [{ value: "x" }] }] },
  "env both": {
    containers: [
      { ...CONTAINER, env: [{ name: "A", value: "x", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }] },
    ],
  },
  "env bad field": {
    containers: [{ ...CONTAINER, env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.none" } } }] }],
  },
  "env empty source": { containers: [{ ...CONTAINER, env: [{ name: "A", valueFrom: {} }] }] },
  "mount of no volume": { containers: [{ ...CONTAINER, volumeMounts: [{ name: "v", mountPath: "/v" }] }] },
  "mount without path": {
    containers: [{ ...CONTAINER, volumeMounts: [{ name: "v" }] }],
    volumes: [{ name: "v", emptyDir: {} }],
  },
  "mounts at one path": {
    containers: [
      {
        ...CONTAINER,
        volumeMounts: [
          { name: "v", mountPath: "/v" },
          { name: "v", mountPath: "/v" },
        ],
      },
    ],
    volumes: [{ name: "v", emptyDir: {} }],
  },
  "volume twice": {
    containers: [CONTAINER],
    volumes: [
      { name: "v", emptyDir: {} },
      { name: "v", emptyDir: {} },
    ],
  },
  "volume of two kinds": { containers: [CONTAINER], volumes: [{ name: "v", emptyDir: {}, configMap: { name: "m" } }] },
  "volume of no kind": { containers: [CONTAINER], volumes: [{ name: "v" }] },
  "volume bad name": { containers: [CONTAINER], volumes: [{ name: "V_", emptyDir: {} }] },
  "host path empty": { containers: [CONTAINER], volumes: [{ name: "v", hostPath: { path: "" } }] },
  "secret without name": { containers: [CONTAINER], volumes: [{ name: "v", secret: {} }] },
  "claim without name": { containers: [CONTAINER], volumes: [{ name: "v", persistentVolumeClaim: { claimName: "" } }] },
  "request over limit": { containers: [{ ...CONTAINER, resources: { requests: { cpu: "2" }, limits: { cpu: "1" } } }] },
  "bad quantity": { containers: [{ ...CONTAINER, resources: { requests: { cpu: "x" } } }] },
  "negative quantity": { containers: [{ ...CONTAINER, resources: { requests: { cpu: "-1" } } }] },
  "unknown resource": { containers: [{ ...CONTAINER, resources: { requests: { other: "1" } } }] },
  "probe of two kinds": {
    containers: [{ ...CONTAINER, livenessProbe: { tcpSocket: { port: 1 }, exec: { command: ["a"] } } }],
  },
  "probe of no kind": { containers: [{ ...CONTAINER, livenessProbe: {} }] },
  "probe success threshold": {
    containers: [{ ...CONTAINER, livenessProbe: { tcpSocket: { port: 1 }, successThreshold: 2 } }],
  },
  "probe negative": { containers: [{ ...CONTAINER, readinessProbe: { tcpSocket: { port: 1 }, periodSeconds: -1 } }] },
  "probe bad port": { containers: [{ ...CONTAINER, readinessProbe: { httpGet: { port: 0 } } }] },
  "bad node selector": { containers: [CONTAINER], nodeSelector: { "a b": "c d" } },
  "bad toleration": { containers: [CONTAINER], tolerations: [{ key: "a", operator: "Exists", value: "x" }] },
  "bad toleration operator": { containers: [CONTAINER], tolerations: [{ key: "a", operator: "Other" }] },
  "bad toleration effect": { containers: [CONTAINER], tolerations: [{ key: "a", effect: "Other" }] },
  "bad affinity operator": {
    containers: [CONTAINER],
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: "a", operator: "X" }] }],
        },
      },
    },
  },
  "affinity without terms": {
    containers: [CONTAINER],
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } },
  },
  "affinity without topology": {
    containers: [CONTAINER],
    affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: LABELS }] } },
  },
  "bad weight": {
    containers: [CONTAINER],
    affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 0, preference: {} }] } },
  },
  "bad spread": {
    containers: [CONTAINER],
    topologySpreadConstraints: [{ maxSkew: 0, topologyKey: "a", whenUnsatisfiable: "X" }],
  },
  "bad dns policy": { containers: [CONTAINER], dnsPolicy: "Other" },
  "dns none": { containers: [CONTAINER], dnsPolicy: "None" },
  "negative grace": { containers: [CONTAINER], terminationGracePeriodSeconds: -1 },
  "bad deadline": { containers: [CONTAINER], activeDeadlineSeconds: 0 },
  "unknown account": { containers: [CONTAINER], serviceAccountName: "none" },
  "unknown priority class": { containers: [CONTAINER], priorityClassName: "none" },
  "unknown runtime class": { containers: [CONTAINER], runtimeClassName: "none" },
  "bad host name": { containers: [CONTAINER], hostname: "A_b" },
  "host network ports": {
    hostNetwork: true,
    containers: [{ ...CONTAINER, ports: [{ containerPort: 80, hostPort: 81 }] }],
  },
  "init restart": { containers: [CONTAINER], initContainers: [{ name: "i", image: "x", restartPolicy: "Never" }] },
  "init name taken": { containers: [CONTAINER], initContainers: [CONTAINER] },
  "run as root": { containers: [{ ...CONTAINER, securityContext: { runAsUser: -1 } }] },
  "bad ephemeral": { containers: [CONTAINER], ephemeralContainers: [{ name: "e", image: "x" }] },
  "bad image": { containers: [{ name: "c", image: " nginx" }] },
  "all defaults": {
    containers: [
      {
        ...CONTAINER,
        livenessProbe: { httpGet: { port: 80 } },
        ports: [{ containerPort: 80 }],
        resources: { limits: { cpu: "1" } },
      },
    ],
    initContainers: [{ name: "i", image: "busybox:1" }],
    volumes: [
      { name: "a", secret: { secretName: "s" } },
      { name: "b", configMap: { name: "m" } },
      { name: "c", projected: { sources: [{ serviceAccountToken: { path: "t" } }] } },
      { name: "d", downwardAPI: { items: [{ path: "p", fieldRef: { fieldPath: "metadata.name" } }] } },
      { name: "e", hostPath: { path: "/tmp" } },
    ],
  },
};

const SERVICES: Readonly<Record<string, object>> = {
  "no ports": {},
  "bad port": { ports: [{ port: 0 }] },
  "port twice": {
    ports: [
      { port: 80, name: "a" },
      { port: 80, name: "b" },
    ],
  },
  "ports without names": { ports: [{ port: 80 }, { port: 81 }] },
  "port names equal": {
    ports: [
      { port: 80, name: "a" },
      { port: 81, name: "a" },
    ],
  },
  "bad type": { type: "Other", ports: [{ port: 80 }] },
  "bad affinity": { sessionAffinity: "Other", ports: [{ port: 80 }] },
  "external without name": { type: "ExternalName" },
  "external name": { type: "ExternalName", externalName: "example.org" },
  "bad external name": { type: "ExternalName", externalName: "a b" },
  "bad cluster IP": { clusterIP: "x", ports: [{ port: 80 }] },
  "foreign cluster IP": { clusterIP: "1.2.3.4", ports: [{ port: 80 }] },
  "taken cluster IP": { clusterIP: "10.97.0.1", ports: [{ port: 80 }] },
  headless: { clusterIP: "None" },
  "bad node port": { type: "NodePort", ports: [{ port: 80, nodePort: 80 }] },
  "node port on cluster IP": { ports: [{ port: 80, nodePort: 30080 }] },
  "node port": { type: "NodePort", ports: [{ port: 80 }] },
  "load balancer": { type: "LoadBalancer", ports: [{ port: 80 }] },
  "load balancer local": { type: "LoadBalancer", externalTrafficPolicy: "Local", ports: [{ port: 80 }] },
  "policy on cluster IP": { externalTrafficPolicy: "Local", ports: [{ port: 80 }] },
  "bad target port": { ports: [{ port: 80, targetPort: "A_B" }] },
  "bad protocol": { ports: [{ port: 80, protocol: "X" }] },
  "bad selector": { ports: [{ port: 80 }], selector: { "a b": "c" } },
  "bad external IP": { ports: [{ port: 80 }], externalIPs: ["x"] },
  "IPv6 family": { ports: [{ port: 80 }], ipFamilies: ["IPv6"] },
  "client affinity": { sessionAffinity: "ClientIP", ports: [{ port: 80 }] },
};

const DEPLOYMENTS: Readonly<Record<string, object>> = {
  empty: {},
  "no selector": { template: template() },
  "empty selector": { selector: {}, template: template() },
  "selector mismatch": { selector: LABELS, template: template({}, { app: "y" }) },
  "no template": { selector: LABELS },
  "negative replicas": { selector: LABELS, template: template(), replicas: -1 },
  "restart never": { selector: LABELS, template: template({ restartPolicy: "Never" }) },
  "bad strategy": { selector: LABELS, template: template(), strategy: { type: "Other" } },
  "recreate with rolling": {
    selector: LABELS,
    template: template(),
    strategy: { type: "Recreate", rollingUpdate: {} },
  },
  "bad surge": { selector: LABELS, template: template(), strategy: { rollingUpdate: { maxSurge: "x%" } } },
  "zero and zero": {
    selector: LABELS,
    template: template(),
    strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } },
  },
  "bad expression": { selector: { matchExpressions: [{ key: "a", operator: "In" }] }, template: template() },
  "bad operator": { selector: { matchExpressions: [{ key: "a", operator: "X" }] }, template: template() },
  "deadline below ready": { selector: LABELS, template: template(), minReadySeconds: 700 },
  "no containers": { selector: LABELS, template: { metadata: { labels: { app: "x" } }, spec: {} } },
};

interface Other {
  readonly title: string;
  readonly path: string;
  readonly body: object;
}
const other = (title: string, path: string, body: object): Other => ({ title, path, body });
const NS = "namespaces/invalid";
const OTHERS: readonly Other[] = [
  other("statefulset empty", `/apis/apps/v1/${NS}/statefulsets`, { spec: {} }),
  other("statefulset policy", `/apis/apps/v1/${NS}/statefulsets`, {
    spec: { selector: LABELS, template: template(), podManagementPolicy: "X" },
  }),
  other("daemonset empty", `/apis/apps/v1/${NS}/daemonsets`, { spec: {} }),
  other("daemonset strategy", `/apis/apps/v1/${NS}/daemonsets`, {
    spec: { selector: LABELS, template: template(), updateStrategy: { type: "X" } },
  }),
  other("replicaset empty", `/apis/apps/v1/${NS}/replicasets`, { spec: {} }),
  other("job empty", `/apis/batch/v1/${NS}/jobs`, { spec: {} }),
  other("job restart always", `/apis/batch/v1/${NS}/jobs`, {
    spec: { template: { spec: { containers: [CONTAINER] } } },
  }),
  other("job negative", `/apis/batch/v1/${NS}/jobs`, {
    spec: { parallelism: -1, template: { spec: { restartPolicy: "Never", containers: [CONTAINER] } } },
  }),
  other("job selector", `/apis/batch/v1/${NS}/jobs`, {
    spec: { selector: LABELS, template: { spec: { restartPolicy: "Never", containers: [CONTAINER] } } },
  }),
  other("cronjob empty", `/apis/batch/v1/${NS}/cronjobs`, { spec: {} }),
  other("cronjob schedule", `/apis/batch/v1/${NS}/cronjobs`, {
    spec: {
      schedule: "x",
      jobTemplate: { spec: { template: { spec: { restartPolicy: "Never", containers: [CONTAINER] } } } },
    },
  }),
  other("cronjob zone", `/apis/batch/v1/${NS}/cronjobs`, {
    spec: {
      schedule: "* * * * *",
      timeZone: "Mars/Base",
      jobTemplate: { spec: { template: { spec: { restartPolicy: "Never", containers: [CONTAINER] } } } },
    },
  }),
  other("hpa empty", `/apis/autoscaling/v2/${NS}/horizontalpodautoscalers`, { spec: {} }),
  other("hpa min over max", `/apis/autoscaling/v2/${NS}/horizontalpodautoscalers`, {
    spec: { minReplicas: 3, maxReplicas: 1, scaleTargetRef: { kind: "Deployment", name: "d" } },
  }),
  other("pdb both", `/apis/policy/v1/${NS}/poddisruptionbudgets`, {
    spec: { minAvailable: 1, maxUnavailable: 1, selector: LABELS },
  }),
  other("pdb percent", `/apis/policy/v1/${NS}/poddisruptionbudgets`, { spec: { minAvailable: "x", selector: LABELS } }),
  other("ingress empty", `/apis/networking.k8s.io/v1/${NS}/ingresses`, { spec: {} }),
  other("ingress path", `/apis/networking.k8s.io/v1/${NS}/ingresses`, {
    spec: {
      rules: [
        {
          http: {
            paths: [{ path: "x", pathType: "Prefix", backend: { service: { name: "s", port: { number: 1 } } } }],
          },
        },
      ],
    },
  }),
  other("ingress no path type", `/apis/networking.k8s.io/v1/${NS}/ingresses`, {
    spec: { rules: [{ http: { paths: [{ path: "/", backend: { service: { name: "s", port: { number: 1 } } } }] } }] },
  }),
  other("ingress backend", `/apis/networking.k8s.io/v1/${NS}/ingresses`, {
    spec: { defaultBackend: { service: { name: "s" } } },
  }),
  other("ingress host", `/apis/networking.k8s.io/v1/${NS}/ingresses`, {
    spec: {
      rules: [
        {
          host: "1.2.3.4",
          http: {
            paths: [{ pathType: "Prefix", path: "/", backend: { service: { name: "s", port: { number: 1 } } } }],
          },
        },
      ],
    },
  }),
  other("network policy selector", `/apis/networking.k8s.io/v1/${NS}/networkpolicies`, {
    spec: { podSelector: { matchLabels: { "a b": "c" } } },
  }),
  other("network policy type", `/apis/networking.k8s.io/v1/${NS}/networkpolicies`, {
    spec: { podSelector: {}, policyTypes: ["X"] },
  }),
  other("network policy block", `/apis/networking.k8s.io/v1/${NS}/networkpolicies`, {
    spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: "x" } }] }] },
  }),
  other("claim empty", `/api/v1/${NS}/persistentvolumeclaims`, { spec: {} }),
  other("claim mode", `/api/v1/${NS}/persistentvolumeclaims`, {
    spec: { accessModes: ["X"], resources: { requests: { storage: "1Gi" } } },
  }),
  other("claim negative", `/api/v1/${NS}/persistentvolumeclaims`, {
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "-1Gi" } } },
  }),
  other("volume empty", "/api/v1/persistentvolumes", { spec: {} }),
  other("quota unknown", `/api/v1/${NS}/resourcequotas`, { spec: { hard: { things: "1" } } }),
  other("quota negative", `/api/v1/${NS}/resourcequotas`, { spec: { hard: { pods: "-1" } } }),
  other("limit range type", `/api/v1/${NS}/limitranges`, {
    spec: { limits: [{ type: "Pod", max: { cpu: "1" }, min: { cpu: "2" } }] },
  }),
  other("endpoints address", `/api/v1/${NS}/endpoints`, {
    subsets: [{ addresses: [{ ip: "x" }], ports: [{ port: 0 }] }],
  }),
  other("endpoint slice empty", `/apis/discovery.k8s.io/v1/${NS}/endpointslices`, { endpoints: [] }),
  other("endpoint slice address", `/apis/discovery.k8s.io/v1/${NS}/endpointslices`, {
    addressType: "IPv4",
    endpoints: [{ addresses: ["x"] }],
  }),
  other("endpoint slice type", `/apis/discovery.k8s.io/v1/${NS}/endpointslices`, { addressType: "X", endpoints: [] }),
  other("lease duration", `/apis/coordination.k8s.io/v1/${NS}/leases`, { spec: { leaseDurationSeconds: 0 } }),
  other("role without verbs", `/apis/rbac.authorization.k8s.io/v1/${NS}/roles`, {
    rules: [{ apiGroups: [""], resources: ["pods"] }],
  }),
  other("role with URLs", `/apis/rbac.authorization.k8s.io/v1/${NS}/roles`, {
    rules: [{ nonResourceURLs: ["/x"], verbs: ["get"] }],
  }),
  other("role binding without role", `/apis/rbac.authorization.k8s.io/v1/${NS}/rolebindings`, { subjects: [] }),
  other("role binding subject", `/apis/rbac.authorization.k8s.io/v1/${NS}/rolebindings`, {
    roleRef: { kind: "Role", name: "r" },
    subjects: [{ kind: "X", name: "u" }],
  }),
  other("storage class empty", "/apis/storage.k8s.io/v1/storageclasses", {}),
  other("storage class policy", "/apis/storage.k8s.io/v1/storageclasses", { provisioner: "p", reclaimPolicy: "X" }),
  other("priority system", "/apis/scheduling.k8s.io/v1/priorityclasses", { value: 2000000001 }),
  other("runtime class handler", "/apis/node.k8s.io/v1/runtimeclasses", { handler: "A_" }),
  other("ingress class empty", "/apis/networking.k8s.io/v1/ingressclasses", { spec: {} }),
  other("node bad CIDR", "/api/v1/nodes", { spec: { podCIDR: "x", podCIDRs: ["x"] } }),
  other("namespace bad finalizer", "/api/v1/namespaces", { spec: { finalizers: ["x"] } }),
  other("event other namespace", `/api/v1/${NS}/events`, {
    involvedObject: { namespace: "other", kind: "Pod", name: "p" },
  }),
  other("webhook empty", "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", {
    webhooks: [{ name: "x" }],
  }),
  other("csr empty", "/apis/certificates.k8s.io/v1/certificatesigningrequests", { spec: {} }),
  other("csr bad", "/apis/certificates.k8s.io/v1/certificatesigningrequests", {
    spec: { request: "eA==", signerName: "example.org/x", usages: ["client auth"] },
  }),
];

const created = (title: string, path: string, specs: Readonly<Record<string, object>>): Step[] =>
  Object.entries(specs).map(([name, spec], i) => post(`${title} ${name}`, path, { metadata: { name: `i${i}` }, spec }));

export const invalidSteps: readonly Step[] = [
  ...inNamespace("invalid"),
  ...created("pod", `/api/v1/${NS}/pods`, PODS),
  ...created("service", `/api/v1/${NS}/services`, SERVICES),
  ...created("deployment", `/apis/apps/v1/${NS}/deployments`, DEPLOYMENTS),
  ...OTHERS.map(({ title, path, body }, i) => post(title, path, { metadata: { name: `o${i}` }, ...body })),
  post("pod to update", `/api/v1/${NS}/pods`, { metadata: { name: "u" }, spec: { containers: [CONTAINER] } }),
  patch("merge", "pod update node", `/api/v1/${NS}/pods/u`, { spec: { nodeName: "n" } }),
  patch("strategic", "pod update env", `/api/v1/${NS}/pods/u`, {
    spec: { containers: [{ name: "c", env: [{ name: "A", value: "1" }] }] },
  }),
  patch("strategic", "pod update image", `/api/v1/${NS}/pods/u`, {
    spec: { containers: [{ name: "c", image: "other" }] },
  }),
  patch("strategic", "pod update empty image", `/api/v1/${NS}/pods/u`, {
    spec: { containers: [{ name: "c", image: "" }] },
  }),
  patch("merge", "service change IP", `/api/v1/${NS}/services/i25`, {
    spec: { clusterIP: "10.97.9.9", clusterIPs: ["10.97.9.9"] },
  }),
];
