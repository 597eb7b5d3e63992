/** Why a serving certificate is not approved. Upstream: pkg/csr, which looks at the name of the account only */
import type { CertificateSigningRequest } from "kubernetes-types/certificates/v1";
import { messageOf } from "#base/errors.ts";
import { parseCsr } from "#pki/csr.ts";

const USAGES = ["digital signature", "key encipherment", "server auth"];

export interface ServingNode {
  readonly nodeName: string;
  /** Of the pods of its virtual kubelet. */
  readonly addresses: readonly string[];
}

/** Undefined when the request is for this virtual node, to serve under its own name and addresses, and nothing else. */
export async function servingRequestProblem(
  { spec }: CertificateSigningRequest,
  { nodeName, addresses }: ServingNode,
): Promise<string | undefined> {
  const usages = spec.usages ?? [];
  if (!usages.includes("server auth") || usages.some((usage) => !USAGES.includes(usage)))
    return `usages must be of ${USAGES.join(", ")}, found ${usages.join(", ")}`;
  try {
    const request = await parseCsr(Buffer.from(spec.request, "base64").toString("utf8"));
    if (!request.isFor({ commonName: `system:node:${nodeName}`, organizations: ["system:nodes"] }))
      return `the subject must be O=system:nodes, CN=system:node:${nodeName}, found ${request.subjectText}`;
    if (!request.hasOnlyNames) return "alternative names, and they alone, must be asked for";
    const foreign = request.alternativeNames.find(
      ({ type, value }) => !(type === "ip" && addresses.includes(value)) && !(type === "dns" && value === nodeName),
    );
    return foreign === undefined ? undefined : `${foreign.type} ${foreign.value} is not the node's own`;
  } catch (error) {
    return messageOf(error);
  }
}
