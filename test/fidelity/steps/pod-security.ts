/** Pod Security: what each level refuses and warns of, labels that are wrong, levels that are tightened. */
import { inNamespace, patch, post, remove, type Step } from "../step.ts";

const LABEL = "pod-security.kubernetes.io/";
const CONTAINER = { name: "c", image: "i", terminationMessagePolicy: "File" };
const SAFE = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  runAsNonRoot: true,
  seccompProfile: { type: "RuntimeDefault" },
};

function withContext(context: object): object {
  return { containers: [{ ...CONTAINER, securityContext: context }] };
}

const SPECS: Readonly<Record<string, object>> = {
  plain: { containers: [CONTAINER] },
  safe: withContext(SAFE),
  "host namespaces": { hostNetwork: true, hostPID: true, hostIPC: true, containers: [CONTAINER] },
  privileged: {
    initContainers: [{ ...CONTAINER, name: "i", securityContext: { privileged: true } }],
    ...withContext({ privileged: true }),
  },
  capabilities: withContext({ ...SAFE, capabilities: { add: ["SYS_ADMIN", "NET_RAW", "CHOWN"] } }),
  volumes: {
    containers: [CONTAINER],
    volumes: [
      { name: "h", hostPath: { path: "/" } },
      { name: "n", nfs: { server: "s", path: "/" } },
      { name: "e", emptyDir: {} },
    ],
  },
  "host ports": {
    containers: [
      {
        ...CONTAINER,
        ports: [
          { containerPort: 1, hostPort: 90 },
          { containerPort: 2, hostPort: 1000 },
        ],
      },
    ],
  },
  "probe hosts": {
    containers: [
      {
        ...CONTAINER,
        livenessProbe: { httpGet: { port: 1, host: "10.0.0.1" } },
        lifecycle: { preStop: { tcpSocket: { port: 1, host: "b" } } },
      },
    ],
  },
  AppArmor: {
    securityContext: { appArmorProfile: { type: "Unconfined" } },
    ...withContext({ appArmorProfile: { type: "Unconfined" } }),
  },
  SELinux: {
    securityContext: { seLinuxOptions: { type: "spc_t", user: "u" } },
    ...withContext({ seLinuxOptions: { role: "r" } }),
  },
  seccomp: {
    securityContext: { seccompProfile: { type: "Unconfined" } },
    ...withContext({ seccompProfile: { type: "Unconfined" } }),
  },
  sysctls: {
    securityContext: {
      sysctls: [
        { name: "kernel.msgmax", value: "1" },
        { name: "net.ipv4.tcp_rmem", value: "1" },
      ],
    },
    containers: [CONTAINER],
  },
  root: {
    securityContext: { runAsNonRoot: false, runAsUser: 0 },
    ...withContext({ runAsUser: 0, runAsNonRoot: false }),
  },
  "user zero": { securityContext: { runAsUser: 0 }, ...withContext({ ...SAFE, runAsUser: 0 }) },
};

const LEVELS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  baseline: { enforce: "baseline" },
  restricted: { enforce: "restricted" },
  warned: { warn: "restricted", audit: "baseline" },
  old: { enforce: "restricted", "enforce-version": "v1.18" },
  future: { enforce: "baseline", "enforce-version": "v1.99", warn: "restricted", "warn-version": "v1.24" },
};

const WRONG: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  level: { enforce: "strict" },
  "all of them": {
    enforce: "a",
    audit: "b",
    warn: "c",
    "enforce-version": "1.2",
    "audit-version": "v1.02",
    "warn-version": "x",
  },
};

const SELECTOR = { matchLabels: { a: "b" } };
const TEMPLATE = { metadata: { labels: { a: "b" } }, spec: { hostPID: true, containers: [CONTAINER] } };
const JOB = { template: { ...TEMPLATE, spec: { ...TEMPLATE.spec, restartPolicy: "Never" } } };
const WORKLOADS: readonly (readonly [string, string, object])[] = [
  ["apps", "deployments", { selector: SELECTOR, template: TEMPLATE }],
  ["apps", "daemonsets", { selector: SELECTOR, template: TEMPLATE }],
  ["apps", "statefulsets", { selector: SELECTOR, template: TEMPLATE, serviceName: "s" }],
  ["batch", "jobs", JOB],
  ["batch", "cronjobs", { schedule: "* * * * *", jobTemplate: { spec: JOB } }],
];

function labels(levels: Readonly<Record<string, string>>): object {
  return Object.fromEntries(Object.entries(levels).map(([mode, level]) => [LABEL + mode, level]));
}

export const podSecuritySteps: readonly Step[] = [
  ...Object.entries(LEVELS).flatMap(([name, levels]) => levelSteps(`ps-${name}`, levels)),
  ...Object.entries(WRONG).map(([name, levels], i) =>
    post(`pod security: wrong ${name}`, "/api/v1/namespaces", {
      metadata: { name: `ps-wrong-${i}`, labels: labels(levels) },
    }),
  ),
  ...changeSteps("ps-change"),
];

function levelSteps(namespace: string, levels: Readonly<Record<string, string>>): Step[] {
  const label = { metadata: { labels: labels(levels) } };
  return [
    ...inNamespace(namespace),
    patch("merge", `${namespace}: labels`, `/api/v1/namespaces/${namespace}`, label),
    ...Object.entries(SPECS).map(([name, spec], i) =>
      post(`${namespace}: ${name}`, `/api/v1/namespaces/${namespace}/pods?dryRun=All`, {
        metadata: { name: `p${i}` },
        spec,
      }),
    ),
    ...WORKLOADS.map(([group, plural, spec]) =>
      post(`${namespace}: ${plural}`, `/apis/${group}/v1/namespaces/${namespace}/${plural}?dryRun=All`, {
        // Own labels: a Job without any takes those of its template.
        metadata: { name: "w", labels: { own: "label" } },
        spec,
      }),
    ),
  ];
}

function changeSteps(namespace: string): Step[] {
  const path = `/api/v1/namespaces/${namespace}`;
  const level = (value: string | null): object => ({ metadata: { labels: { [`${LABEL}enforce`]: value } } });
  const debug = { spec: { ephemeralContainers: [{ name: "e", image: "i", terminationMessagePolicy: "File" }] } };
  return [
    ...inNamespace(namespace),
    ...["x", "y"].map((name) =>
      post(
        `${namespace}: pod ${name}`,
        `${path}/pods`,
        { metadata: { name }, spec: SPECS["host namespaces"] },
        { setUp: true },
      ),
    ),
    post(`${namespace}: pod z`, `${path}/pods`, { metadata: { name: "z" }, spec: SPECS["plain"] }, { setUp: true }),
    patch("merge", `${namespace}: wrong`, path, level("strict")),
    patch("merge", `${namespace}: baseline`, path, level("baseline")),
    patch("merge", `${namespace}: baseline again`, path, { metadata: { labels: { other: "label" } } }),
    patch("merge", `${namespace}: a pod is labelled`, `${path}/pods/x`, { metadata: { labels: { a: "b" } } }),
    patch("strategic", `${namespace}: a pod gets another image`, `${path}/pods/x`, {
      spec: { containers: [{ name: "c", image: "other" }] },
    }),
    patch("strategic", `${namespace}: a pod gets a debugging container`, `${path}/pods/x/ephemeralcontainers`, debug),
    patch("merge", `${namespace}: restricted`, path, level("restricted")),
    patch("merge", `${namespace}: relaxed`, path, level("privileged")),
    patch("merge", `${namespace}: restricted without trying`, `${path}?dryRun=All`, level("restricted")),
    remove(`${namespace}: pod z is deleted`, `${path}/pods/z`, undefined, { setUp: true }),
  ];
}
