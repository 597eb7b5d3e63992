/** One object of many kinds with most of its parts filled, to change at will. */

const NAMESPACE = "/api/v1/namespaces/default";
const PODS = `${NAMESPACE}/pods`;

/** Paths of collections of the namespace default, and an object that can be created in each. */
export const CREATABLE: readonly (readonly [string, object])[] = [
  [
    PODS,
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        generateName: "a-",
        labels: { a: "b" },
        ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "a", uid: "u" }],
      },
      spec: {
        initContainers: [{ name: "i", image: "i" }],
        containers: [
          {
            name: "c",
            image: "i",
            env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
            ports: [{ containerPort: 80 }],
            volumeMounts: [{ name: "v", mountPath: "/v" }],
            resources: { requests: { cpu: "1" } },
            livenessProbe: { httpGet: { path: "/", port: 80 } },
          },
        ],
        volumes: [
          { name: "v", projected: { sources: [{ configMap: { name: "a", items: [{ key: "a", path: "b" }] } }] } },
        ],
        tolerations: [{ key: "a" }],
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: "a", operator: "In", values: ["b"] }] }],
            },
          },
        },
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: "a",
            whenUnsatisfiable: "DoNotSchedule",
            labelSelector: { matchLabels: { a: "b" } },
          },
        ],
      },
    },
  ],
  [
    `${NAMESPACE}/services`,
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { generateName: "a-" },
      spec: { selector: { a: "b" }, ports: [{ name: "a", port: 80, targetPort: "http" }], externalIPs: ["1.2.3.4"] },
    },
  ],
  [
    "/apis/apps/v1/namespaces/default/deployments",
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { generateName: "a-" },
      spec: {
        replicas: 1,
        strategy: { rollingUpdate: { maxSurge: 1 } },
        selector: { matchLabels: { a: "b" }, matchExpressions: [{ key: "a", operator: "Exists" }] },
        template: { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i" }] } },
      },
    },
  ],
  [
    "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { generateName: "a-" },
      rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }],
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: "b" } }] },
    },
  ],
  [
    "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies",
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { generateName: "a-" },
      spec: {
        podSelector: {},
        ingress: [{ from: [{ ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } }], ports: [{ port: 80 }] }],
      },
    },
  ],
  [
    "/apis/networking.k8s.io/v1/namespaces/default/ingresses",
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { generateName: "a-" },
      spec: {
        tls: [{ hosts: ["a.b"] }],
        rules: [
          {
            host: "a.b",
            http: {
              paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "a", port: { number: 80 } } } }],
            },
          },
        ],
      },
    },
  ],
  [
    "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { generateName: "a-" },
      addressType: "IPv4",
      endpoints: [{ addresses: ["1.2.3.4"], conditions: {}, hints: { forZones: [{ name: "z" }] } }],
      ports: [{ port: 80 }],
    },
  ],
  [
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "as.b.c" },
      spec: {
        group: "b.c",
        scope: "Namespaced",
        names: { plural: "as", kind: "A" },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: {
                type: "object",
                properties: {
                  spec: { type: "object", properties: { a: { type: "array", items: { type: "string" } } } },
                },
              },
            },
            additionalPrinterColumns: [{ name: "a", type: "string", jsonPath: ".spec.a" }],
          },
        ],
      },
    },
  ],
  [
    "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
    {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingWebhookConfiguration",
      metadata: { generateName: "a-" },
      webhooks: [
        {
          name: "a.b.c",
          sideEffects: "None",
          admissionReviewVersions: ["v1"],
          clientConfig: { service: { name: "a", namespace: "b" } },
          rules: [{ apiGroups: ["x"], apiVersions: ["v1"], operations: ["CREATE"], resources: ["xs"] }],
          namespaceSelector: { matchExpressions: [{ key: "a", operator: "In", values: ["b"] }] },
        },
      ],
    },
  ],
  [
    "/apis/batch/v1/namespaces/default/cronjobs",
    {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: { generateName: "a-" },
      spec: {
        schedule: "* * * * *",
        jobTemplate: {
          spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] } } },
        },
      },
    },
  ],
  [
    `${NAMESPACE}/persistentvolumeclaims`,
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { generateName: "a-" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    },
  ],
  [
    `${NAMESPACE}/resourcequotas`,
    {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { generateName: "a-" },
      spec: {
        hard: { pods: "1" },
        scopeSelector: { matchExpressions: [{ scopeName: "PriorityClass", operator: "In", values: ["a"] }] },
      },
    },
  ],
  [
    `${NAMESPACE}/limitranges`,
    {
      apiVersion: "v1",
      kind: "LimitRange",
      metadata: { generateName: "a-" },
      spec: { limits: [{ type: "Container", max: { cpu: "1" } }] },
    },
  ],
  [
    "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers",
    {
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: { generateName: "a-" },
      spec: {
        maxReplicas: 2,
        scaleTargetRef: { kind: "Deployment", name: "a" },
        metrics: [
          { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } } },
        ],
      },
    },
  ],
  [
    "/apis/policy/v1/namespaces/default/poddisruptionbudgets",
    {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { generateName: "a-" },
      spec: { minAvailable: "50%", selector: { matchLabels: { a: "b" } } },
    },
  ],
];
