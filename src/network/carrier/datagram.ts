/** What may go through a carrier: WireGuard's four messages, of which no more is known than their heads. WireGuard's paper, 5.4 */

const INITIATION = 1;
const TRANSPORT = 4;
/** A keepalive, the shortest of them. */
const LEAST_BYTES = 32;
/** What UDP over IPv4 can hold. */
export const MOST_BYTES = 65_507;
/** Of a socket towards WireGuard, which sends in bursts; as much as the kernel allows of it. */
export const BUFFER_BYTES = 4 << 20;
const RECEIVER_AT = 4;

export function isWireguard(datagram: Buffer): boolean {
  const isLong = datagram.length >= LEAST_BYTES && datagram.length <= MOST_BYTES;
  return isLong && datagram.readUInt32LE(0) >= INITIATION && datagram.readUInt32LE(0) <= TRANSPORT;
}

export function isTransport(datagram: Buffer): boolean {
  return isWireguard(datagram) && datagram.readUInt32LE(0) === TRANSPORT;
}

/** The session that it is for, as its receiver has numbered it. */
export function receiverOf(datagram: Buffer): number {
  return datagram.readUInt32LE(RECEIVER_AT);
}
