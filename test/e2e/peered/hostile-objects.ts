/** What a hostile peer writes. For hostile.test.ts. */
import type { Secret } from "kubernetes-types/core/v1";
import type { ShadowPod } from "#api/offloading/shadow.ts";

/** At rome. */
export const TENANT = "liqo-tenant-milan";
export const TWIN = "web-milan";
export const OFFLOADING_API = "offloading.liqo.io/v1beta1";
const SLICE_API = "authentication.liqo.io/v1beta1";

/** The labels that a replica has. */
export const MARKS = {
  "liqo.io/replicated": "true",
  "liqo.io/replication": "false",
  "liqo.io/originID": "milan",
  "liqo.io/remoteID": "rome",
  "liqo.io/remote-cluster-id": "milan",
};

const base64 = (text: string): string => Buffer.from(text).toString("base64");

export function sliceOf(name: string, csr: string, labels: Readonly<Record<string, string>> = MARKS) {
  return {
    apiVersion: SLICE_API,
    kind: "ResourceSlice",
    metadata: { name, namespace: TENANT, labels },
    spec: { class: "default", consumerClusterID: "milan", providerClusterID: "rome", csr },
  };
}

export function shadowOf(name: string, requests: Readonly<Record<string, string>> = {}, spec: object = {}) {
  const labels = { "offloading.liqo.io/origin": "milan", "offloading.liqo.io/destination": "rome" };
  return {
    apiVersion: OFFLOADING_API,
    kind: "ShadowPod",
    metadata: { name, namespace: TWIN, labels },
    spec: { pod: { containers: [{ name: "c", image: "nginx", resources: { requests } }], ...spec } },
  } satisfies ShadowPod;
}

export function evilKubeconfig(namespace: string): Secret {
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "x",
    clusters: [{ name: "x", cluster: { server: "https://192.0.2.1", "insecure-skip-tls-verify": true } }],
    users: [{ name: "x", user: { tokenFile: "/var/run/secrets/kubernetes.io/serviceaccount/token" } }],
    contexts: [{ name: "x", context: { cluster: "x", user: "x" } }],
  };
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: "evil-kubeconfig",
      namespace,
      labels: { "liqo.io/identity-type": "ControlPlane", "liqo.io/remote-cluster-id": "evil" },
      annotations: { "liqo.io/remote-tenant-namespace": "x" },
    },
    data: { kubeconfig: base64(JSON.stringify(kubeconfig)) },
  };
}

export function evilNonce(namespace: string): Secret {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: "evil-nonce",
      namespace,
      labels: { "liqo.io/signed-nonce": "", "liqo.io/nonce": "", "liqo.io/remote-cluster-id": "rome" },
    },
    data: { nonce: base64("attacker chosen bytes") },
  };
}
