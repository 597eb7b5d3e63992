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
    checkKey(peer.publicKey);
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

/** What a dump says of the interface itself. */
export interface WireguardInterface {
  readonly privateKey: string;
  readonly listenPort: number;
}

export function parseInterface(dump: string): WireguardInterface {
  const [privateKey = "", , listenPort = "0"] = dump.split("\n")[0]?.split("\t") ?? [];
  return { privateKey, listenPort: Number(listenPort) };
}

/** Whether keys and port of the interface are as wanted; a client's port is any. */
export function isInterfaceSet({ privateKey, listenPort }: WireguardConfig, present: WireguardInterface): boolean {
  return present.privateKey === privateKey && (listenPort === undefined || present.listenPort === listenPort);
}

/**
 * Arguments for `wg set <link>` that change the peers and nothing else: whoever sets all anew opens another socket, and
 * packets on their way are lost.
 */
export function peerChanges(wanted: WireguardPeer | undefined, present: readonly PeerStatistics[]): string[][] {
  const gone = present.filter(({ publicKey }) => publicKey !== wanted?.publicKey);
  const changes = gone.map(({ publicKey }) => ["peer", publicKey, "remove"]);
  if (wanted === undefined) return changes;
  checkKey(wanted.publicKey);
  const found = present.find(({ publicKey }) => publicKey === wanted.publicKey);
  const isSame = found !== undefined && (wanted.endpoint === undefined || found.endpoint === wanted.endpoint);
  const endpoint = wanted.endpoint === undefined ? [] : ["endpoint", wanted.endpoint];
  return isSame ? changes : [...changes, ["peer", wanted.publicKey, "allowed-ips", "0.0.0.0/0", ...endpoint]];
}

function checkKey(publicKey: string): void {
  if (!PUBLIC_KEY.test(publicKey)) throw new Error("the peer's PublicKey is not 32 bytes");
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
