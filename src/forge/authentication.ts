/** Objects of the authentication between two clusters. Upstream: pkg/liqo-controller-manager/authentication/forge */
import type { Secret } from "kubernetes-types/core/v1";
import * as annotations from "#api/annotations.ts";
import type { Identity } from "#api/authentication/identity.ts";
import type { Renew } from "#api/authentication/renew.ts";
import type { ResourceSlice } from "#api/authentication/resourceslice.ts";
import type { Tenant } from "#api/authentication/tenant.ts";
import * as labels from "#api/labels.ts";
import type { Quota } from "#api/offloading/quota.ts";
import { controllerReference } from "#machinery/meta.ts";
import { forgeKubeconfig } from "#pki/kubeconfig.ts";
import {
  controlPlaneIdentityName,
  KEYS_SECRET,
  kubeconfigSecretName,
  NONCE_SECRET,
  resourceSliceIdentityName,
  SIGNED_NONCE_SECRET,
  sliceUserName,
} from "./names.ts";

export type AuthParams = NonNullable<NonNullable<Tenant["status"]>["authParams"]>;

export const base64 = (text: string): string => Buffer.from(text).toString("base64");
export const unbase64 = (text: string): string => Buffer.from(text, "base64").toString("utf8");

export function forgeNonceSecret(namespace: string, consumerId: string): Secret {
  return {
    metadata: {
      name: NONCE_SECRET,
      namespace,
      labels: { [labels.NONCE]: "true", [labels.REMOTE_CLUSTER_ID]: consumerId },
    },
    type: "Opaque",
  };
}

/** `nonce` is base64, as it stands in the provider's Secret. */
export function forgeSignedNonceSecret(namespace: string, providerId: string, nonce: string): Secret {
  return {
    metadata: {
      name: SIGNED_NONCE_SECRET,
      namespace,
      labels: { [labels.SIGNED_NONCE]: "true", [labels.REMOTE_CLUSTER_ID]: providerId },
    },
    type: "Opaque",
    data: { nonce },
  };
}

export interface TenantParts {
  readonly consumerId: string;
  /** At the provider; left out of what is printed for it. */
  readonly namespace: string | undefined;
  /** PEM. */
  readonly csr: string;
  readonly publicKey: string;
  /** base64 of the signature of the nonce. */
  readonly signature: string;
  readonly proxyUrl?: string;
}

export function forgeTenant({ consumerId, namespace, csr, publicKey, signature, proxyUrl }: TenantParts): Tenant {
  return {
    metadata: {
      name: consumerId,
      ...(namespace !== undefined && { namespace }),
      labels: { [labels.REMOTE_CLUSTER_ID]: consumerId },
    },
    spec: {
      clusterID: consumerId,
      csr: base64(csr),
      publicKey: base64(publicKey),
      signature,
      ...(proxyUrl !== undefined && { proxyURL: proxyUrl }),
    },
  };
}

/** The namespace is left out of what is printed for the consumer. */
export function forgeControlPlaneIdentity(
  providerId: string,
  namespace: string | undefined,
  remoteNamespace: string,
  authParams: AuthParams,
): Identity {
  return {
    metadata: {
      name: controlPlaneIdentityName(providerId),
      ...(namespace !== undefined && { namespace }),
      labels: { [labels.REMOTE_CLUSTER_ID]: providerId },
    },
    spec: { clusterID: providerId, authParams, type: "ControlPlane", namespace: remoteNamespace },
  };
}

/** The identity of a slice whose authentication the provider accepted. */
export function forgeSliceIdentity(slice: ResourceSlice, globalLabels: Readonly<Record<string, string>>): Identity {
  const { name = "", namespace = "" } = slice.metadata ?? {};
  const providerId = slice.spec?.providerClusterID ?? "";
  return {
    metadata: {
      name: resourceSliceIdentityName(name),
      namespace,
      labels: { ...globalLabels, [labels.REMOTE_CLUSTER_ID]: providerId, [labels.RESOURCE_SLICE_NAME]: name },
      ownerReferences: [controllerReference(slice)],
    },
    spec: {
      clusterID: providerId,
      type: "ResourceSlice",
      ...(slice.status?.authParams !== undefined && { authParams: slice.status.authParams }),
    },
  };
}

/** `privateKey` is the cluster's own, PEM: it never leaves the cluster. */
export function forgeKubeconfigSecret(
  identity: Identity,
  privateKey: string,
  globalLabels: Readonly<Record<string, string>>,
): Secret {
  const { name = "", namespace = "" } = identity.metadata ?? {};
  const { authParams, clusterID = "", type = "ControlPlane", namespace: remoteNamespace } = identity.spec ?? {};
  const kubeconfig = forgeKubeconfig({
    cluster: clusterID,
    server: authParams?.apiServer ?? "",
    // Empty where a public authority has certified the server: the system's roots are trusted.
    ...(authParams?.ca !== undefined && authParams.ca !== "" && { ca: unbase64(authParams.ca) }),
    ...((authParams?.proxyURL ?? "") !== "" && { proxyUrl: authParams?.proxyURL ?? "" }),
    user: name,
    credentials: { certificate: unbase64(authParams?.signedCRT ?? ""), privateKey },
    ...(remoteNamespace !== undefined && { namespace: remoteNamespace }),
  });
  return {
    metadata: {
      name: kubeconfigSecretName(name),
      namespace,
      labels: { ...globalLabels, [labels.REMOTE_CLUSTER_ID]: clusterID, [labels.IDENTITY_TYPE]: type },
      ...(type === "ControlPlane" && {
        annotations: { [annotations.REMOTE_TENANT_NAMESPACE]: remoteNamespace ?? "" },
      }),
      ownerReferences: [controllerReference(identity)],
    },
    type: "Opaque",
    data: { kubeconfig: base64(JSON.stringify(kubeconfig)) },
  };
}

export function forgeRenew(identity: Identity, consumerId: string): Renew {
  const { name = "", namespace = "" } = identity.metadata ?? {};
  const providerId = identity.spec?.clusterID ?? "";
  return {
    metadata: {
      name,
      namespace,
      labels: { [labels.REMOTE_CLUSTER_ID]: providerId, [labels.REMOTE_ID]: providerId, [labels.REPLICATION]: "true" },
      ownerReferences: [controllerReference(identity)],
    },
    spec: { consumerClusterID: consumerId, identityType: identity.spec?.type ?? "ControlPlane" },
  };
}

export interface SliceOptions {
  readonly name: string;
  readonly namespace: string;
  readonly providerId: string;
  readonly class: string;
  readonly resources: Readonly<Record<string, string>>;
  readonly createVirtualNode: boolean;
}

export function forgeResourceSlice(options: SliceOptions): ResourceSlice {
  const { name, namespace, providerId, resources } = options;
  return {
    metadata: {
      name,
      namespace,
      labels: { [labels.REPLICATION]: "true", [labels.REMOTE_ID]: providerId, [labels.REMOTE_CLUSTER_ID]: providerId },
      ...(options.createVirtualNode && { annotations: { [annotations.CREATE_VIRTUAL_NODE]: "true" } }),
    },
    spec: {
      class: options.class,
      providerClusterID: providerId,
      ...(Object.keys(resources).length > 0 && { resources: { ...resources } }),
    },
  };
}

export interface QuotaOptions {
  readonly enforcement: "None" | "Soft" | "Hard";
  /** The Tenant's own condition: the mark on the slice lies where the tenant writes, too. */
  readonly isTenantCordoned: boolean;
  readonly globalLabels: Readonly<Record<string, string>>;
}

const NOT_CORDONED = ["false", "False", "0"];

/** What the provider lets the slice's user consume. */
export function forgeQuota(slice: ResourceSlice, options: QuotaOptions): Quota {
  const { enforcement, isTenantCordoned, globalLabels } = options;
  const { name = "", namespace = "" } = slice.metadata ?? {};
  const user = sliceUserName(name, slice.spec?.consumerClusterID ?? "");
  const isMarked = [annotations.CORDON, annotations.CORDON_TENANT].some(
    (key) => !NOT_CORDONED.includes(slice.metadata?.annotations?.[key] ?? "false"),
  );
  return {
    metadata: { name: user, namespace, labels: { ...globalLabels }, ownerReferences: [controllerReference(slice)] },
    spec: {
      user,
      limitsEnforcement: enforcement,
      resources: { ...slice.status?.resources },
      ...((isMarked || isTenantCordoned) && { cordoned: true }),
    },
  };
}

/** The cluster's own key pair: PKCS8 and SPKI PEM. */
export function forgeKeysSecret(
  namespace: string,
  { privateKey, publicKey }: { readonly privateKey: string; readonly publicKey: string },
): Secret {
  const data = { privateKey: base64(privateKey), publicKey: base64(publicKey) };
  return { metadata: { namespace, name: KEYS_SECRET }, type: "Opaque", data };
}
