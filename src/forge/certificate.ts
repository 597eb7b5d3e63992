/** What a consumer's certificate is asked for by, and kept in. Upstream: pkg/identityManager/certificateIdentityProvider.go */
import type { CertificateSigningRequest } from "kubernetes-types/certificates/v1";
import type { Secret } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import { GLOBAL_LABELS } from "./names.ts";

export const CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client";

export interface SigningRequest {
  readonly namespace: string;
  /** Where the answer is kept. */
  readonly secretName: string;
  readonly consumerId: string;
  /** base64 of the PEM, as in the API. */
  readonly csr: string;
}

export function forgeSigningRequest(csr: string): CertificateSigningRequest {
  return {
    metadata: { generateName: "liqo-identity-", labels: { [labels.REMOTE_TENANT_CSR]: "true" } },
    spec: { request: csr, signerName: CLIENT_SIGNER, usages: ["digital signature", "key encipherment", "client auth"] },
  };
}

/** The request beside its answer, so that another request is known as such. `certificate`: base64 of the PEM. */
export function forgeCertificateSecret(request: SigningRequest, certificate: string): Secret {
  const { namespace, secretName: name, consumerId, csr } = request;
  return {
    metadata: { namespace, name, labels: { ...GLOBAL_LABELS, [labels.REMOTE_CLUSTER_ID]: consumerId } },
    type: "Opaque",
    data: { csr, certificate },
  };
}
