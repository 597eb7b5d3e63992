/**
 * A CertificateSigningRequest carries the identity of whoever made it, and is approved only by those entitled to its
 * signer. Kubernetes: pkg/registry/certificates/certificates/strategy.go (PrepareForCreate),
 * plugin/pkg/admission/certificates/approval
 */
import type { CertificateSigningRequest } from "kubernetes-types/certificates/v1";
import { messageOf } from "#base/errors.ts";
import { forbiddenError } from "#machinery/status-error.ts";
import { parseCsr } from "#pki/csr.ts";
import type { Subject } from "#pki/subject.ts";
import type { AdmissionPlugin, AdmissionRequest, Authorizer } from "../request.ts";

const GROUP = "certificates.k8s.io";
const CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client";
const ADMINISTRATORS = "system:masters";

export function certificateRequestIdentity(): AdmissionPlugin {
  return {
    name: "CertificateRequestIdentity",
    handles: (request) => request.operation === "CREATE" && isCsr(request, ""),
    async admit(_ctx, { object, user }) {
      const { spec } = object as unknown as CertificateSigningRequest;
      const { name: username, uid = "", groups, extra } = user;
      Object.assign(spec, {
        username,
        groups: [...groups],
        ...(uid !== "" && { uid }),
        ...(extra && { extra: structuredClone(extra) }),
      });
    },
  };
}

/** A request for a certificate of administrators is refused when it is made. Kubernetes: plugin/pkg/admission/certificates/subjectrestriction */
export function certificateSubjectRestriction(): AdmissionPlugin {
  return {
    name: "CertificateSubjectRestriction",
    handles: (request) => request.operation === "CREATE" && isCsr(request, ""),
    async validate(_ctx, { object, resource, name }) {
      const { spec } = object as unknown as CertificateSigningRequest;
      if (spec.signerName !== CLIENT_SIGNER) return;
      const { organizations } = await subjectOf(spec.request).catch((error: unknown) => {
        throw forbiddenError(resource, name, `failed to parse CSR: ${messageOf(error)}`);
      });
      if (organizations.includes(ADMINISTRATORS)) {
        const why = `use of ${CLIENT_SIGNER} signer with ${ADMINISTRATORS} group is not allowed`;
        throw forbiddenError(resource, name, why);
      }
    },
  };
}

async function subjectOf(request: string): Promise<Subject> {
  return (await parseCsr(Buffer.from(request, "base64").toString("utf8"))).subject;
}

export function certificateApproval(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: "CertificateApproval",
    handles: (request) => request.operation === "UPDATE" && isCsr(request, "approval"),
    async validate(_ctx, { object, user, resource, name }) {
      const { signerName } = (object as unknown as CertificateSigningRequest).spec;
      const [domain = ""] = signerName.split("/");
      const right = {
        user,
        verb: "approve",
        isResource: true,
        group: GROUP,
        version: "v1",
        plural: "signers",
        subresource: "",
        namespace: "",
        path: "",
      };
      const allowed = [signerName, `${domain}/*`].some(
        (signer) => authorizer.authorize({ ...right, name: signer }).allowed,
      );
      if (!allowed)
        throw forbiddenError(
          resource,
          name,
          `user not permitted to approve requests with signerName ${JSON.stringify(signerName)}`,
        );
    },
  };
}

function isCsr({ resource, subresource }: AdmissionRequest, wanted: string): boolean {
  return resource.group === GROUP && resource.plural === "certificatesigningrequests" && subresource === wanted;
}
