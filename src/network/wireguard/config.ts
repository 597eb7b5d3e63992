/** What `wg syncconf` reads and `wg show … dump` prints. wireguard-tools: wg(8) */

export interface WireguardPeer {
  /** Base64. */
  readonly publicKey: string;
  /** `ip:port`; absent on the server, which learns it from the peer's packets. */
  readonly endpoint?: string;
}

export interface WireguardConfig {
  readonly privateKey: string;
  readonly listenPort?: number;
  readonly peer?: WireguardPeer;
}

const PUBLIC_KEY = /^[A-Za-z0-9+/]{43}=$/;

export function renderConfig({ privateKey, listenPort, peer }: WireguardConfig): string {
  const lines = ["[Interface]", `PrivateKey = ${privateKey}`];
  if (listenPort !== undefined) lines.push(`ListenPort = ${listenPort}`);
  if (peer !== undefined) {
    if (!PUBLIC_KEY.test(peer.publicKey)) throw new Error("the peer's PublicKey is not 32 bytes");
    lines.push("[Peer]", `PublicKey = ${peer.publicKey}`, "AllowedIPs = 0.0.0.0/0");
    if (peer.endpoint !== undefined) lines.push(`Endpoint = ${peer.endpoint}`);
  }
  return `${lines.join("\n")}\n`;
}

export interface PeerStatistics {
  readonly publicKey: string;
  readonly endpoint: string | undefined;
  /** Seconds since the epoch; 0: never. */
  readonly lastHandshake: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/** The peers of a dump; its first line is the interface and holds the private key. */
export function parseDump(text: string): PeerStatistics[] {
  return text
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => {
      const [publicKey = "", , endpoint = "", , handshake = "0", received = "0", sent = "0"] = line.split("\t");
      return {
        publicKey,
        endpoint: endpoint === "(none)" ? undefined : endpoint,
        lastHandshake: Number(handshake),
        receivedBytes: Number(received),
        sentBytes: Number(sent),
      };
    });
}
