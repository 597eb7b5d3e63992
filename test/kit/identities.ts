/** What a hostile peer, or whoever stole an account, has in its hands: identities used with kubectl as anybody could. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import "reflect-metadata";
import { Pkcs10CertificateRequestGenerator } from "@peculiar/x509";
import type { Secret } from "kubernetes-types/core/v1";
import { generateKeyPair, signingKeyOf } from "#pki/keys.ts";
import type { Clusters } from "./clusters.ts";
import type { Outcome } from "./command.ts";

/** kubectl as somebody: gives exit code and outputs; `object` goes to its standard input. */
export type As = (args: readonly string[], object?: object) => Promise<Outcome>;

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: object }[];
  readonly users: readonly { readonly user: object }[];
}

export class Identities implements Disposable {
  readonly #clusters: Clusters;
  readonly #folder = mkdtempSync(join(tmpdir(), "liqo-hostile-"));

  constructor(clusters: Clusters) {
    this.#clusters = clusters;
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** What a provider gave a consumer, out of the consumer's Secret, as its administrator can read it. */
  async given(consumer: string, provider: string, secret: string): Promise<As> {
    const { data } = await this.#clusters.get<Secret>(consumer, "secret", secret, "-n", `liqo-tenant-${provider}`);
    const { users } = JSON.parse(Buffer.from(data?.["kubeconfig"] ?? "", "base64").toString()) as Kubeconfig;
    return this.#kubectl(provider, secret, users[0]?.user ?? {});
  }

  /** A service account of the cluster, by a token of its own. */
  async account(cluster: string, namespace: string, name: string): Promise<As> {
    const token = (await this.#clusters.kubectl(cluster, "create", "token", name, "-n", namespace)).trim();
    return this.#kubectl(cluster, `${cluster}-${namespace}-${name}`, { token });
  }

  async #kubectl(cluster: string, name: string, user: object): Promise<As> {
    const view = await this.#clusters.kubectl(cluster, "config", "view", "--minify", "--raw", "-o", "json");
    const [entry] = (JSON.parse(view) as Kubeconfig).clusters;
    const kubeconfig = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: cluster, cluster: entry?.cluster }],
      users: [{ name, user }],
      contexts: [{ name: cluster, context: { cluster, user: name } }],
    };
    const file = join(this.#folder, name);
    writeFileSync(file, JSON.stringify(kubeconfig), { mode: 0o600 });
    return (args, object) =>
      this.#clusters.tryKubectl(cluster, args, {
        env: { KUBECONFIG: file },
        ...(object !== undefined && { input: JSON.stringify(object) }),
      });
  }
}

/** The private key that a cluster uses towards all its providers. */
export async function clusterKeyOf({ get }: Clusters, cluster: string): Promise<string> {
  const { data } = await get<Secret>(cluster, "secret", "authentication-keys", "-n", "liqo");
  return Buffer.from(data?.["privateKey"] ?? "", "base64").toString();
}

/** base64 of a PEM request whose subject has these attributes in this order: `O=milan`, `CN=…`. */
export async function requestFor(
  subject: readonly string[],
  key = generateKeyPair("ed25519").privateKey,
): Promise<string> {
  const { keys, algorithm } = signingKeyOf(key);
  const name = subject.map((attribute) => {
    const [type = "", value = ""] = attribute.split("=");
    return { [type]: [value] };
  });
  const request = await Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm: algorithm });
  return Buffer.from(request.toString("pem")).toString("base64");
}
