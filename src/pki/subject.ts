/**
 * Distinguished names as far as Kubernetes reads them: CN is the user, each O a group. RFC 5280 §4.1.2.6
 * Go: crypto/x509/pkix (FillFromRDNSequence): of several CN the last counts.
 */
import "reflect-metadata";
import type { JsonName, Name } from "@peculiar/x509";
import { type DerElement, derChildren } from "./der.ts";

const SEQUENCE = 0x30;
const SET = 0x31;
const OBJECT_ID = 0x06;
const UTF8_STRING = 0x0c;
const PRINTABLE_STRING = 0x13;
/** 2.5.4.3 and 2.5.4.10. */
const COMMON_NAME = "550403";
const ORGANIZATION = "55040a";

export interface Subject {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

/** O attributes first, then CN, as client-go and kubeadm write them. */
export function encodeSubject(subject: Subject): JsonName {
  const organizations = subject.organizations.map((name) => ({ O: [name] }));
  return [...organizations, ...(subject.commonName === "" ? [] : [{ CN: [subject.commonName] }])];
}

/** User and groups as an API server reads them. To decide whether a name may be certified, ask `isExactly`. */
export function decodeSubject(name: Name): Subject {
  return { commonName: name.getField("CN").at(-1) ?? "", organizations: name.getField("O") };
}

/**
 * Whether the name (an element of DER) holds one CN and one O per organization, in any order, and nothing else. Whoever
 * signs the name sees these bytes, so nothing that readers could disagree on is let through: no second CN, no other
 * attribute, no RDN of several attributes, no string type but the two that Go, OpenSSL and WebCrypto write.
 */
export function isExactly(name: DerElement, expected: Subject): boolean {
  const wanted = [
    `${COMMON_NAME}=${expected.commonName}`,
    ...expected.organizations.map((organization) => `${ORGANIZATION}=${organization}`),
  ];
  const found = derChildren(name, SEQUENCE).map(attributeOf);
  return found.length === wanted.length && JSON.stringify(found.sort()) === JSON.stringify(wanted.sort());
}

/** `550403=milan`; undefined when the RDN is not one attribute with a plain string. */
function attributeOf(rdn: DerElement): string | undefined {
  const [attribute, ...others] = derChildren(rdn, SET);
  const [type, value, ...rest] = derChildren(attribute, SEQUENCE);
  if (others.length > 0 || rest.length > 0 || type?.tag !== OBJECT_ID || value === undefined) return undefined;
  const text = value.content.toString("utf8");
  const isText =
    (value.tag === UTF8_STRING && Buffer.from(text).equals(value.content)) ||
    (value.tag === PRINTABLE_STRING && /^[A-Za-z0-9 '()+,./:=?-]*$/.test(text));
  return isText ? `${type.content.toString("hex")}=${text}` : undefined;
}
