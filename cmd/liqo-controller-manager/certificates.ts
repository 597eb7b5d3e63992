/** A flag of certificates: base64 of their PEM, as in a kubeconfig. */
import { X509Certificate } from "node:crypto";
import { messageOf } from "#base/errors.ts";
import { FlagError, type FlagKind } from "#base/flags.ts";

/** The PEM; undefined when it is not given. */
export function certificates(): FlagKind<string | undefined> {
  return { initial: undefined, parse: (given) => (given === "" ? undefined : pemOf(given)) };
}

function pemOf(given: string): string {
  const pem = Buffer.from(given, "base64").toString("utf8");
  try {
    new X509Certificate(pem);
    return pem;
  } catch (error) {
    throw new FlagError(`use the base64 of a certificate in PEM (${messageOf(error)})`);
  }
}
