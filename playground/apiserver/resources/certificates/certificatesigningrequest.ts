/** Certificate signing requests. Kubernetes: pkg/registry/certificates/certificates/strategy.go */
import type { CertificateSigningRequest } from "kubernetes-types/certificates/v1";
import { certificateSigningRequests } from "#machinery/builtin.ts";
import { type FieldError, invalid, required } from "#machinery/field-error.ts";
import { anyStrategy } from "../../strategy.ts";
import { humanDuration } from "../../table/duration.ts";
import { age, table } from "../columns.ts";

const MIN_SECONDS = 600;

export const csrStrategy = anyStrategy<CertificateSigningRequest>({
  resource: certificateSigningRequests,
  singular: "certificatesigningrequest",
  shortNames: ["csr"],
  status: true,
  generation: false,
  // The request is final; approval and certificate arrive through their subresources.
  fixed: ["spec"],
  prepareForStatusUpdate: (next, previous) => Object.assign(next, { spec: previous.spec }),
  validate: validateRequest,
  fieldLabels: { "spec.signerName": ({ spec }) => spec.signerName },
  table: table<CertificateSigningRequest>([
    age(),
    { name: "SignerName", value: ({ spec }) => spec.signerName },
    { name: "Requestor", value: ({ spec }) => spec.username },
    {
      name: "RequestedDuration",
      value: ({ spec }) =>
        spec.expirationSeconds === undefined ? "<none>" : humanDuration(spec.expirationSeconds * 1000),
    },
    { name: "Condition", value: conditionText },
  ]),
});

function validateRequest({ spec }: CertificateSigningRequest): FieldError[] {
  const errors: FieldError[] = [];
  const text = Buffer.from(spec?.request ?? "", "base64").toString("utf8");
  if (!text.includes("BEGIN CERTIFICATE REQUEST"))
    errors.push(invalid("spec.request", spec?.request ?? null, "PEM block type must be CERTIFICATE REQUEST"));
  if ((spec?.usages ?? []).length === 0) errors.push(required("spec.usages"));
  if ((spec?.signerName ?? "") === "") errors.push(required("spec.signerName"));
  else if (!spec.signerName.includes("/")) {
    const why = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
    errors.push(invalid("spec.signerName", spec.signerName, why));
  }
  const { expirationSeconds: seconds } = spec ?? {};
  const why = "may not specify a duration less than 600 seconds (10 minutes)";
  if (seconds !== undefined && seconds < MIN_SECONDS) errors.push(invalid("spec.expirationSeconds", seconds, why));
  return errors;
}

function conditionText({ status }: CertificateSigningRequest): string {
  const types = (status?.conditions ?? []).map(({ type }) => type);
  const words = ["Approved", "Denied", "Failed"].filter((type) => types.includes(type));
  if (words.length === 0) words.push("Pending");
  if ((status?.certificate ?? "") !== "") words.push("Issued");
  return words.join(",");
}
