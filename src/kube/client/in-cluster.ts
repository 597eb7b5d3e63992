/**
 * Where its API server is for a program in a pod, from the files every pod gets. Kubernetes: client-go/rest/config.go,
 * InClusterConfig
 */
import { readFileSync } from "node:fs";
import type { ClusterConfig } from "./config.ts";

const SERVICE_ACCOUNT_DIR = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The configuration of a pod: service host from `env`, token and CA from the mounted service account. */
export function inClusterConfig(
  env: Readonly<Record<string, string | undefined>>,
  dir = SERVICE_ACCOUNT_DIR,
): ClusterConfig {
  const host = env["KUBERNETES_SERVICE_HOST"];
  const port = env["KUBERNETES_SERVICE_PORT"];
  if (host === undefined || port === undefined) {
    throw new Error("not in a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be set");
  }
  return {
    server: `https://${host}:${port}`,
    ca: readFileSync(`${dir}/ca.crt`, "utf8"),
    tokenFile: `${dir}/token`,
    namespace: readFileSync(`${dir}/namespace`, "utf8").trim(),
  };
}

/** The pod's own account, or the kubeconfig file named instead. Only then is what reads kubeconfigs loaded. */
export async function ownConfig(
  env: Readonly<Record<string, string | undefined>>,
  kubeconfig: string | undefined,
): Promise<ClusterConfig> {
  if (kubeconfig === undefined) return inClusterConfig(env);
  const { configFromFile } = await import("./config.ts");
  return configFromFile(kubeconfig);
}
