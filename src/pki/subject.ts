/** Distinguished names as far as Kubernetes reads them: CN is the user, each O a group. RFC 5280 §4.1.2.6 */
import "reflect-metadata";
import type { JsonName, Name } from "@peculiar/x509";

export interface Subject {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

/** O attributes first, then CN, as client-go and kubeadm write them. */
export function encodeSubject(subject: Subject): JsonName {
  const organizations = subject.organizations.map((name) => ({ O: [name] }));
  return [...organizations, ...(subject.commonName === "" ? [] : [{ CN: [subject.commonName] }])];
}

export function decodeSubject(name: Name): Subject {
  return { commonName: name.getField("CN")[0] ?? "", organizations: name.getField("O") };
}
