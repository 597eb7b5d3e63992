/** Debian's docker-registry on this machine, with TLS by a CA of its own and one user. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "#base/run.ts";
import { createCa, issueCertificate } from "#pki/certificate.ts";
import { type MadeImage, writeLayout } from "./layout.ts";

export interface Registry extends AsyncDisposable {
  /** `127.0.0.1:40123` */
  readonly host: string;
  /** PEM, in a file. */
  readonly ca: string;
  readonly username: string;
  readonly password: string;
  /** Text of a `.dockerconfigjson` with the registry's user. */
  readonly dockerConfig: string;
  /** Several images are one for each architecture; `format` is skopeo's. */
  push(name: string, images: Readonly<Record<string, MadeImage>>, format?: "oci" | "v2s2"): Promise<void>;
}

const USER = "puller";
const PASSWORD = "secret-word";
// Of that password.
const BCRYPT = "$2y$05$zt2ivGs08WTE8fU/3N7S/.0AVlTjVryImKv/qxZPrR/0yxMlzLBwu";
const START_DEADLINE_MS = 30_000;

export async function startRegistry(): Promise<Registry> {
  const folder = mkdtempSync(join(tmpdir(), "registry-test-"));
  const at = (name: string): string => join(folder, name);
  const ca = await createCa("registry");
  // Not the CA's: OpenSSL takes it for self-signed then.
  const subject = { commonName: "127.0.0.1", organizations: [] };
  const serving = await issueCertificate(ca, { subject, alternativeNames: ["127.0.0.1"], usages: ["server"] });
  mkdirSync(at("ca"));
  writeFileSync(at("ca/ca.crt"), ca.certificate);
  writeFileSync(at("tls.crt"), serving.certificate);
  writeFileSync(at("tls.key"), serving.privateKey, { mode: 0o600 });
  writeFileSync(at("users"), `${USER}:${BCRYPT}\n`);
  const config = {
    version: "0.1",
    storage: { filesystem: { rootdirectory: at("storage") } },
    http: { addr: "127.0.0.1:0", tls: { certificate: at("tls.crt"), key: at("tls.key") } },
    auth: { htpasswd: { realm: "test", path: at("users") } },
  };
  writeFileSync(at("config.yml"), JSON.stringify(config));
  const child = spawn("docker-registry", ["serve", at("config.yml")], { stdio: ["ignore", "ignore", "pipe"] });
  const close = async (): Promise<void> => {
    const ended = once(child, "close");
    if (child.kill("SIGKILL")) await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const host = `127.0.0.1:${await portOf(child)}`;
    const auth = Buffer.from(`${USER}:${PASSWORD}`).toString("base64");
    const dockerConfig = JSON.stringify({ auths: { [host]: { auth } } });
    writeFileSync(at("auth.json"), dockerConfig, { mode: 0o600 });
    const push: Registry["push"] = async (name, images, format) => {
      const layout = mkdtempSync(at("layout-"));
      writeLayout(layout, "image", images);
      const flags = ["--quiet", "--insecure-policy", "--authfile", at("auth.json"), "--dest-cert-dir", at("ca")];
      const how = format === undefined ? ["--all"] : ["--format", format];
      await run("skopeo", ["copy", ...flags, ...how, `oci:${layout}:image`, `docker://${host}/${name}`]);
      rmSync(layout, { recursive: true });
    };
    return {
      host,
      ca: at("ca/ca.crt"),
      username: USER,
      password: PASSWORD,
      dockerConfig,
      push,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** It says where it listens; what it says afterwards is for nobody, but has to be read. */
function portOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const timer = setTimeout(() => reject(new Error(`docker-registry does not listen: ${said}`)), START_DEADLINE_MS);
    child.once("error", reject);
    child.once("close", () => reject(new Error(`docker-registry has ended: ${said}`)));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said = `${said}${text}`.slice(-10_000);
      const port = /listening on 127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      resolve(port);
    });
  });
}
