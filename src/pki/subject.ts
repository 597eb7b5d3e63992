/** Distinguished names as far as Kubernetes reads them: CN is the user, each O a group. RFC 5280 §4.1.2.4 */
import { type Der, encode, oid, partsOf, sequence, TAG } from "./der.ts";

export interface Subject {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

const COMMON_NAME = oid("2.5.4.3");
const ORGANIZATION = oid("2.5.4.10");

/** O attributes first, then CN, as client-go and kubeadm write them. */
export function encodeSubject({ commonName, organizations }: Subject): Buffer {
  const attribute = (type: Buffer, value: string): Buffer =>
    encode(TAG.set, sequence(type, encode(TAG.utf8String, Buffer.from(value))));
  return sequence(
    ...organizations.map((name) => attribute(ORGANIZATION, name)),
    ...(commonName === "" ? [] : [attribute(COMMON_NAME, commonName)]),
  );
}

export function decodeSubject(name: Der | undefined): Subject {
  const attributes = partsOf(name).flatMap(partsOf).map(partsOf);
  const values = (wanted: Buffer): string[] =>
    attributes.flatMap(([type, value]) =>
      type?.bytes.equals(wanted) === true && value !== undefined ? [decodeText(value)] : [],
    );
  return { commonName: values(COMMON_NAME)[0] ?? "", organizations: values(ORGANIZATION) };
}

function decodeText({ tag, content }: Der): string {
  switch (tag) {
    case TAG.utf8String:
    case TAG.printableString:
    case TAG.ia5String:
      return content.toString("utf8");
    case TAG.teletexString:
      return content.toString("latin1");
    case TAG.bmpString:
      return Buffer.from(content).swap16().toString("utf16le");
    default:
      throw new TypeError(`decode name: strings of type ${tag} are not supported`);
  }
}
