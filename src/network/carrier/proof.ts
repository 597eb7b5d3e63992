/**
 * How the two gateways of a peering know each other on a TLS connection between them: each proves that it has the WireGuard key
 * of its end, over what only the two ends of that very connection know (RFC 9266). So no certificate has to be handed over, a
 * proof is worth nothing on another connection, and whoever stands between cannot pass one on. Not in upstream.
 */
import { createHmac, createPrivateKey, createPublicKey, diffieHellman, hkdfSync, timingSafeEqual } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { WireguardKeys } from "../wireguard/keys.ts";

const CONTEXT = "liqo carrier v1";
const EXPORTER = "EXPORTER-Liqo-Carrier";
const BYTES = 32;
/** Of the request and of its answer. */
export const PROOF_HEADER = "liqo-proof";

export type Role = "client" | "server";

/** What only the gateways that have these two keys can know; undefined where `peerKey` (base64) is none. */
export function sharedSecret(own: WireguardKeys, peerKey: string): Buffer | undefined {
  try {
    const privateKey = createPrivateKey({
      format: "jwk",
      key: { kty: "OKP", crv: "X25519", d: urlSafe(own.privateKey), x: urlSafe(own.publicKey) },
    });
    const publicKey = createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "X25519", x: urlSafe(peerKey) } });
    const shared = diffieHellman({ privateKey, publicKey });
    return Buffer.from(hkdfSync("sha256", shared, Buffer.alloc(0), CONTEXT, BYTES));
  } catch {
    return undefined;
  }
}

/** What `role` says on that connection. */
export function proofOf(secret: Buffer, role: Role, connection: TLSSocket): string {
  const bound = connection.exportKeyingMaterial(BYTES, EXPORTER, Buffer.alloc(0));
  return createHmac("sha256", secret).update(`${role}\0`).update(bound).digest("base64url");
}

export function isProof(given: string | undefined, expected: string): boolean {
  const [a, b] = [Buffer.from(given ?? ""), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function urlSafe(base64: string): string {
  return Buffer.from(base64, "base64").toString("base64url");
}
