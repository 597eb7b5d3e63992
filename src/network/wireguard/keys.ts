/** The gateway's own keys, from the mounted Secret. Upstream: pkg/gateway/tunnel/wireguard/keys.go */
import { readFile } from "node:fs/promises";

export interface WireguardKeys {
  readonly privateKey: string;
  readonly publicKey: string;
}

export const DEFAULT_KEYS_DIR = "/etc/wireguard/keys";
const KEY_BYTES = 32;

/** Both keys as base64, which is what wg writes; the files hold the raw bytes. */
export async function readKeys(dir: string): Promise<WireguardKeys> {
  const [privateKey, publicKey] = await Promise.all([readKey(`${dir}/privateKey`), readKey(`${dir}/publicKey`)]);
  return { privateKey, publicKey };
}

async function readKey(path: string): Promise<string> {
  const bytes = await readFile(path);
  if (bytes.length !== KEY_BYTES) throw new Error(`read ${path}: ${bytes.length} bytes, a key has ${KEY_BYTES}`);
  return bytes.toString("base64");
}
