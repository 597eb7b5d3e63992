/** Keys and certificates of one cluster, made once and kept in its folder. Names as kubeadm's. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createCa, type Identity, issueCertificate } from "#pki/certificate.ts";
import { generateKeyPair } from "#pki/keys.ts";
import type { Subject } from "#pki/subject.ts";
import { writeAtomically } from "./spec.ts";

export class Credentials {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  async ca(): Promise<Identity> {
    return this.#find("ca") ?? this.#keep("ca", await createCa("kubernetes"));
  }

  /** Valid for the given names; made anew when `names` change, because addresses can. */
  async server(name: string, names: readonly string[]): Promise<Identity> {
    const label = `${name}-names`;
    const wanted = names.join("\n");
    const found = this.#readText(label) === wanted ? this.#find(name) : undefined;
    if (found !== undefined) return found;
    const subject = { commonName: name, organizations: [] };
    const made = await issueCertificate(await this.ca(), { subject, alternativeNames: names, usages: ["server"] });
    writeAtomically(join(this.#folder, label), wanted, 0o600);
    return this.#keep(name, made);
  }

  async client(name: string, subject: Subject): Promise<Identity> {
    const found = this.#find(name);
    return found ?? this.#keep(name, await issueCertificate(await this.ca(), { subject, usages: ["client"] }));
  }

  /** PEM of the key that signs service-account tokens. */
  tokenKey(): string {
    const found = this.#readText("service-account.key");
    if (found !== undefined) return found;
    const { privateKey } = generateKeyPair("ecdsa-p256");
    writeAtomically(join(this.#folder, "service-account.key"), privateKey, 0o600);
    return privateKey;
  }

  #find(name: string): Identity | undefined {
    const certificate = this.#readText(`${name}.crt`);
    const privateKey = this.#readText(`${name}.key`);
    return certificate === undefined || privateKey === undefined ? undefined : { certificate, privateKey };
  }

  #keep(name: string, identity: Identity): Identity {
    // The certificate last: a pair is used only when it is whole.
    writeAtomically(join(this.#folder, `${name}.key`), identity.privateKey, 0o600);
    writeAtomically(join(this.#folder, `${name}.crt`), identity.certificate, 0o644);
    return identity;
  }

  #readText(file: string): string | undefined {
    const path = join(this.#folder, file);
    return existsSync(path) ? readFileSync(path, "utf8") : undefined;
  }
}
