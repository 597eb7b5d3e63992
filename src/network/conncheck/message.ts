/** The ping between gateways: one JSON object per datagram, so that it works with upstream's. Upstream: conncheck/common.go */
export interface PingMessage {
  readonly clusterID: string;
  /** LEAVING is ours alone: another gateway is about to answer in place of this one. Upstream's do not listen to it. */
  readonly msgType: "PING" | "PONG" | "LEAVING";
  /** RFC 3339. The answer carries it back unchanged. */
  readonly timeStamp: string;
}

// Upstream: --ping-buffer-size.
const MAX_BYTES = 1024;

export function encodeMessage(message: PingMessage): Buffer {
  return Buffer.from(JSON.stringify(message));
}

/** Undefined for whatever else arrives on the port. */
export function decodeMessage(datagram: Uint8Array): PingMessage | undefined {
  if (datagram.length > MAX_BYTES) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(datagram).toString("utf8"));
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { clusterID, msgType, timeStamp } = value as Partial<Record<keyof PingMessage, unknown>>;
  if (typeof clusterID !== "string" || typeof timeStamp !== "string") return undefined;
  const isKnown = msgType === "PING" || msgType === "PONG" || msgType === "LEAVING";
  return isKnown ? { clusterID, msgType, timeStamp } : undefined;
}
