/** From a gateway's metrics, Prometheus' text, to what goes through the tunnel in a second, and what is lost there. */

export interface Counted {
  readonly atMs: number;
  readonly received: number;
  readonly sent: number;
  /** Pings by what came of them; of a gateway before 0.2 neither. */
  readonly answered: number;
  readonly lost: number;
}

export interface Rates {
  /** Bytes per second. */
  readonly received: number;
  readonly sent: number;
  /** 0 to 1; undefined where no ping was counted meanwhile. */
  readonly loss?: number;
}

// Of one gateway it is some 20 kB.
const MOST_CHARACTERS = 1024 * 1024;
const VALUE =
  /^(liqo_peer_receive_bytes_total|liqo_peer_transmit_bytes_total|liqo_peer_pings_total)\{([^}]*)\} ([0-9.e+]{1,30})$/;
const RESULT = /(?:^|,)result="(answered|lost)"/;

/** Undefined where the gateway does not tell, which is while its peer is lost. */
export function parseCounters(text: string, atMs: number): Counted | undefined {
  const found = new Map<string, number>();
  for (const line of text.slice(0, MOST_CHARACTERS).split("\n")) {
    const [, name, labels = "", value] = line.length > 1_000 ? [] : (VALUE.exec(line) ?? []);
    if (name !== undefined) found.set(RESULT.exec(labels)?.[1] ?? name, Number(value));
  }
  const received = found.get("liqo_peer_receive_bytes_total");
  const sent = found.get("liqo_peer_transmit_bytes_total");
  if (received === undefined || sent === undefined || !Number.isFinite(received) || !Number.isFinite(sent))
    return undefined;
  return { atMs, received, sent, answered: found.get("answered") ?? 0, lost: found.get("lost") ?? 0 };
}

/** Undefined after a gateway began anew. */
export function ratesOf(before: Counted | undefined, now: Counted | undefined): Rates | undefined {
  if (before === undefined || now === undefined) return undefined;
  const seconds = (now.atMs - before.atMs) / 1_000;
  const [received, sent] = [now.received - before.received, now.sent - before.sent];
  if (seconds <= 0 || received < 0 || sent < 0) return undefined;
  const [lost, answered] = [now.lost - before.lost, now.answered - before.answered];
  const pings = lost + answered;
  const isCounted = lost >= 0 && answered >= 0 && pings > 0;
  return {
    received: Math.round(received / seconds),
    sent: Math.round(sent / seconds),
    ...(isCounted && { loss: lost / pings }),
  };
}
