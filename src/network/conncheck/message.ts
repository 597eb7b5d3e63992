/** What gateways say to each other: one JSON object per datagram, so that the ping works with upstream's. Upstream: conncheck/common.go */
import { isIPv4 } from "node:net";

export interface PingMessage {
  readonly clusterID: string;
  readonly msgType: MessageType;
  /** RFC 3339. The answer carries it back unchanged. */
  readonly timeStamp: string;
  /** Of a probe and its answer: the largest packet that its sender gets through, once it has measured that. */
  readonly mtu?: number | undefined;
  /** Of a probe's answer: the length of the packet that arrived. */
  readonly size?: number | undefined;
  /** Of a ping, the how-manieth of its gateway's replicas sends it, counted by turns; of its answer, the latest heard of. */
  readonly turn?: number | undefined;
  /** Of a ping: the pod address, in its sender's own cluster, at which its sender answers echoes. */
  readonly echo?: string | undefined;
  /** Of an echo's answer: from where the echo seemed to come. */
  readonly from?: string | undefined;
}

/**
 * PING and PONG are upstream's. Ours alone, and not listened to by upstream's: LEAVING, another gateway is about to answer in
 * place of this one; PROBE, padded with spaces to some size; PROBED, its answer, which is short; ECHO, from a node of the
 * other cluster; ECHOED, its answer, which is as long.
 */
const MESSAGE_TYPES = ["PING", "PONG", "LEAVING", "PROBE", "PROBED", "ECHO", "ECHOED"] as const;
export type MessageType = (typeof MESSAGE_TYPES)[number];

// Upstream: --ping-buffer-size. Of a probe without its padding.
const MAX_BYTES = 1024;
const SPACE = 0x20;
/** IPv4 and UDP, of a packet with a message in it. */
export const HEADER_BYTES = 28;

/** With `packetBytes`, as long as it takes to make a packet of that length. */
export function encodeMessage(message: PingMessage, packetBytes = 0): Buffer {
  const text = Buffer.from(JSON.stringify(message));
  const padding = Buffer.alloc(Math.max(0, packetBytes - HEADER_BYTES - text.length), SPACE);
  return Buffer.concat([text, padding]);
}

/** Undefined for whatever else arrives on the port. */
export function decodeMessage(datagram: Uint8Array): PingMessage | undefined {
  const text = withoutPadding(datagram);
  if (text.length > MAX_BYTES) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text).toString("utf8"));
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { clusterID, msgType, timeStamp, mtu, size, turn, echo, from } = value as Partial<
    Record<keyof PingMessage, unknown>
  >;
  if (typeof clusterID !== "string" || typeof timeStamp !== "string") return undefined;
  const type = MESSAGE_TYPES.find((each) => each === msgType);
  if (type === undefined) return undefined;
  return {
    ...{ clusterID, msgType: type, timeStamp },
    ...(isSize(mtu) && { mtu }),
    ...(isSize(size) && { size }),
    ...(isTurn(turn) && { turn }),
    ...(isAddress(echo) && { echo }),
    ...(isAddress(from) && { from }),
  };
}

function withoutPadding(datagram: Uint8Array): Uint8Array {
  let end = datagram.length;
  while (end > 0 && datagram[end - 1] === SPACE) end--;
  return datagram.subarray(0, end);
}

function isAddress(value: unknown): value is string {
  return typeof value === "string" && isIPv4(value);
}

function isTurn(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}

function isSize(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value < 65_536;
}
