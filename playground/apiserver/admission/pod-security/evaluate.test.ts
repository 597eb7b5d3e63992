import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, Pod, PodSpec } from "kubernetes-types/core/v1";
import { existingPodWarnings, formatViolations, violations } from "./evaluate.ts";
import { type Level, policyOf } from "./policy.ts";

/** A pod that the strictest level admits, but for what is given. */
function good(spec: object = {}, container: object = {}): PodSpec {
  const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
  return {
    securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    containers: [{ name: "a", image: "i", securityContext, ...container } as Container],
    ...spec,
  };
}

function context(more: object): object {
  return { securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] }, ...more } };
}

function podContext(more: object): object {
  return { securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" }, ...more } };
}

interface Case {
  readonly level: Level;
  readonly spec: PodSpec;
  readonly says: string;
  readonly version?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

const APPARMOR = "container.apparmor.security.beta.kubernetes.io/a";
const SECCOMP = "seccomp.security.alpha.kubernetes.io/pod";
const baseline = (spec: PodSpec, says: string, more: Partial<Case> = {}): Case => ({
  level: "baseline",
  spec,
  says,
  ...more,
});
const restricted = (spec: PodSpec, says: string, more: Partial<Case> = {}): Case => ({
  level: "restricted",
  spec,
  says,
  ...more,
});

for (const { level, spec, says, version = "latest", annotations = {} } of [
  { level: "privileged", spec: good({ hostNetwork: true }, context({ privileged: true })), says: "" } as Case,
  baseline(good(), ""),
  restricted(good(), ""),
  baseline({ containers: [{ name: "a" }] }, ""),
  restricted(
    { containers: [{ name: "a" }] },
    'allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
  ),
  baseline(
    good({ hostNetwork: true, hostPID: true, hostIPC: true }),
    "host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)",
  ),
  baseline(
    good({ hostNetwork: true }, context({ privileged: true })),
    'host namespaces (hostNetwork=true), privileged (container "a" must not set securityContext.privileged=true)',
  ),
  baseline(
    good({
      initContainers: [{ name: "i", ...context({ privileged: true }) }],
      ephemeralContainers: [{ name: "e", ...context({ privileged: true }) }],
    }),
    'privileged (containers "i", "e" must not set securityContext.privileged=true)',
  ),
  baseline(
    good({}, context({ capabilities: { add: ["SYS_ADMIN", "CHOWN", "NET_RAW"] } })),
    'non-default capabilities (container "a" must not include "NET_RAW", "SYS_ADMIN" in securityContext.capabilities.add)',
  ),
  restricted(
    good({}, context({ capabilities: { add: ["CHOWN", "NET_BIND_SERVICE"] } })),
    'unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"]; container "a" must not include "CHOWN" in securityContext.capabilities.add)',
  ),
  baseline(
    good({
      volumes: [
        { name: "h", hostPath: { path: "/" } },
        { name: "e", emptyDir: {} },
      ],
    }),
    'hostPath volumes (volume "h")',
  ),
  restricted(
    good({
      volumes: [
        { name: "h", hostPath: { path: "/" } },
        { name: "n", nfs: { path: "/", server: "s" } },
        { name: "e", emptyDir: {} },
      ],
    }),
    'restricted volume types (volumes "h", "n" use restricted volume types "hostPath", "nfs")',
  ),
  baseline(
    good(
      {},
      {
        ports: [
          { containerPort: 1, hostPort: 90 },
          { containerPort: 2, hostPort: 1000 },
        ],
      },
    ),
    'hostPort (container "a" uses hostPorts 1000, 90)',
  ),
  baseline(
    good(
      {},
      {
        livenessProbe: { httpGet: { port: 1, host: "10.0.0.1" } },
        lifecycle: { preStop: { tcpSocket: { port: 1, host: "b" } } },
      },
    ),
    'probe or lifecycle host (container "a" uses probe or lifecycle hosts "10.0.0.1", "b")',
  ),
  baseline(good({}, { livenessProbe: { httpGet: { port: 1, host: "10.0.0.1" } } }), "", { version: "v1.33" }),
  baseline(
    good(podContext({ appArmorProfile: { type: "Unconfined" } }), context({ appArmorProfile: { type: "Unconfined" } })),
    'forbidden AppArmor profiles (pod and container "a" and annotation must not set AppArmor profile type to "Unconfined", "container.apparmor.security.beta.kubernetes.io/a="unconfined"")',
    { annotations: { [APPARMOR]: "unconfined" } },
  ),
  baseline(good(), "", { annotations: { [APPARMOR]: "localhost/x" } }),
  baseline(
    good({}, context({ procMount: "Unmasked" })),
    'procMount (container "a" must not set securityContext.procMount to "Unmasked")',
  ),
  baseline(
    good(podContext({ seLinuxOptions: { type: "spc_t", user: "u" } }), context({ seLinuxOptions: { role: "r" } })),
    'seLinuxOptions (pod and container "a" set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set; role may not be set)',
  ),
  baseline(good(podContext({ seLinuxOptions: { type: "container_engine_t" } })), ""),
  baseline(
    good(podContext({ seLinuxOptions: { type: "container_engine_t" } })),
    'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "container_engine_t")',
    { version: "v1.30" },
  ),
  baseline(
    good(podContext({ seccompProfile: { type: "Unconfined" } }), context({ seccompProfile: { type: "Unconfined" } })),
    'seccompProfile (pod and container "a" must not set securityContext.seccompProfile.type to "Unconfined")',
  ),
  baseline(good(), 'seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined")', {
    version: "v1.18",
    annotations: { [SECCOMP]: "unconfined" },
  }),
  restricted(
    good(podContext({ seccompProfile: { type: "Unconfined" } })),
    'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
  ),
  baseline(
    good(
      podContext({
        sysctls: [
          { name: "kernel.msgmax", value: "1" },
          { name: "net.ipv4.tcp_rmem", value: "1" },
        ],
      }),
    ),
    "forbidden sysctls (kernel.msgmax)",
  ),
  baseline(
    good(podContext({ sysctls: [{ name: "net.ipv4.tcp_rmem", value: "1" }] })),
    "forbidden sysctls (net.ipv4.tcp_rmem)",
    { version: "v1.31" },
  ),
  baseline(
    good(podContext({ windowsOptions: { hostProcess: true } }), context({ windowsOptions: { hostProcess: true } })),
    'hostProcess (pod and container "a" must not set securityContext.windowsOptions.hostProcess=true)',
  ),
  restricted(
    good({}, context({ allowPrivilegeEscalation: true })),
    'allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false)',
  ),
  restricted(
    good(podContext({ runAsNonRoot: false }), context({ runAsNonRoot: false })),
    'runAsNonRoot != true (pod and container "a" must not set securityContext.runAsNonRoot=false)',
  ),
  restricted(
    good(podContext({ runAsUser: 0 }), context({ runAsUser: 0 })),
    'runAsUser=0 (pod and container "a" must not set runAsUser=0)',
  ),
  restricted({ os: { name: "windows" }, securityContext: { runAsNonRoot: true }, containers: [{ name: "a" }] }, ""),
  restricted({ securityContext: { runAsNonRoot: true }, containers: [{ name: "a" }] }, "", { version: "v1.0" }),
]) {
  const title = says === "" ? "nothing" : says;
  test(`${level}:${version} finds ${title}`, () => {
    assert.equal(formatViolations(violations({ level, version }, { metadata: { annotations }, spec })), says);
  });
}

const ENFORCE = "pod-security.kubernetes.io/enforce";
for (const [labels, levels, errors] of [
  [{}, "privileged:latest privileged:latest privileged:latest", []],
  [{ [ENFORCE]: "baseline" }, "baseline:latest privileged:latest baseline:latest", []],
  [{ [ENFORCE]: "baseline", [`${ENFORCE}-version`]: "v1.25" }, "baseline:v1.25 privileged:latest baseline:v1.25", []],
  [
    { [ENFORCE]: "baseline", "pod-security.kubernetes.io/warn": "privileged" },
    "baseline:latest privileged:latest privileged:latest",
    [],
  ],
  [
    { [ENFORCE]: "x", "pod-security.kubernetes.io/audit": "y", "pod-security.kubernetes.io/warn-version": "1" },
    "restricted:latest privileged:latest privileged:latest",
    [
      'metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "x": must be one of privileged, baseline, restricted',
      'metadata.labels[pod-security.kubernetes.io/audit]: Invalid value: "y": must be one of privileged, baseline, restricted',
      'metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "1": must be "latest" or "v1.x"',
    ],
  ],
] as const) {
  test(`the labels ${JSON.stringify(labels)} ask for ${levels}`, () => {
    const { policy, errors: found } = policyOf(labels);
    const shown = [policy.enforce, policy.audit, policy.warn].map(({ level, version }) => `${level}:${version}`);
    assert.equal(shown.join(" "), levels);
    assert.deepEqual(
      found.map(({ field, message }) => `${field}: ${message}`),
      errors,
    );
  });
}

test("pods that a new level would refuse are told once for each reason, one of each owner first", () => {
  const pod = (name: string, spec: object, uid?: string): Pod => ({
    metadata: {
      name,
      ...(uid !== undefined && {
        ownerReferences: [{ apiVersion: "v1", kind: "R", name: "r", uid, controller: true }],
      }),
    },
    spec: good(spec),
  });
  const there = [
    pod("c", { hostPID: true }, "1"),
    pod("b", { hostPID: true }, "1"),
    pod("a", { hostPID: true }),
    pod("z", { hostIPC: true }),
    pod("fine", {}),
  ];
  const enforce = { level: "baseline", version: "latest" } as const;
  assert.deepEqual(
    existingPodWarnings({ namespace: "x", enforce }, there, () => false),
    [
      'existing pods in namespace "x" violate the new PodSecurity enforce level "baseline:latest"',
      "a (and 3 other pods): host namespaces",
    ],
  );
  assert.deepEqual(
    existingPodWarnings({ namespace: "x", enforce }, there, () => true),
    [
      "new PodSecurity enforce level only checked against the first 1 of 5 existing pods",
      'existing pods in namespace "x" violate the new PodSecurity enforce level "baseline:latest"',
      "c: host namespaces",
    ],
  );
});
