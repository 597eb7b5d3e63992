/**
 * Kubeconfig objects with one cluster, one user and one context, everything inlined.
 * Kubernetes: client-go/tools/clientcmd/api/v1/types.go
 */
export interface KubeconfigOptions {
  /** Name of cluster and context. */
  readonly cluster: string;
  readonly server: string;
  /** PEM. Absent: the server's certificate is trusted by the system's roots. */
  readonly ca?: string;
  /** Through which the server is reached. */
  readonly proxyUrl?: string;
  readonly user: string;
  readonly credentials: KubeconfigCredentials;
  readonly namespace?: string;
}

export type KubeconfigCredentials =
  | { readonly certificate: string; readonly privateKey: string }
  | { readonly token: string };

export interface Kubeconfig {
  readonly apiVersion: "v1";
  readonly kind: "Config";
  readonly clusters: readonly { name: string; cluster: Record<string, string> }[];
  readonly users: readonly { name: string; user: Record<string, string> }[];
  readonly contexts: readonly { name: string; context: Record<string, string> }[];
  readonly "current-context": string;
  readonly preferences: Record<string, never>;
}

export function forgeKubeconfig(options: KubeconfigOptions): Kubeconfig {
  const { cluster, user, server, ca, proxyUrl, namespace } = options;
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: cluster,
        cluster: {
          ...(ca !== undefined && { "certificate-authority-data": base64(ca) }),
          server,
          ...(proxyUrl !== undefined && { "proxy-url": proxyUrl }),
        },
      },
    ],
    users: [{ name: user, user: forgeUser(options.credentials) }],
    contexts: [{ name: cluster, context: { cluster, ...(namespace !== undefined && { namespace }), user } }],
    "current-context": cluster,
    preferences: {},
  };
}

/** One kubeconfig of several, whose names differ; the first one's context is current. Undefined of none. */
export function mergeKubeconfigs(parts: readonly Kubeconfig[]): Kubeconfig | undefined {
  const [first] = parts;
  if (first === undefined) return undefined;
  return {
    ...first,
    clusters: parts.flatMap(({ clusters }) => clusters),
    users: parts.flatMap(({ users }) => users),
    contexts: parts.flatMap(({ contexts }) => contexts),
  };
}

function forgeUser(credentials: KubeconfigCredentials): Record<string, string> {
  if ("token" in credentials) return { token: credentials.token };
  return {
    "client-certificate-data": base64(credentials.certificate),
    "client-key-data": base64(credentials.privateKey),
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
