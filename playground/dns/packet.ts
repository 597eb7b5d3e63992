/** The part of dns-packet that we use, typed: the package ships no declarations. */
import packet from "dns-packet";

export interface Question {
  readonly name: string;
  readonly type: string;
}

export type Answer =
  | { readonly name: string; readonly type: "A" | "CNAME" | "PTR" | "TXT"; readonly ttl: number; readonly data: string }
  | {
      readonly name: string;
      readonly type: "SRV";
      readonly ttl: number;
      readonly data: {
        readonly priority: number;
        readonly weight: number;
        readonly port: number;
        readonly target: string;
      };
    }
  | {
      readonly name: string;
      readonly type: "SOA";
      readonly ttl: number;
      readonly data: Readonly<Record<string, string | number>>;
    };

export interface Message {
  readonly id: number;
  readonly type: "query" | "response";
  readonly flags: number;
  readonly rcode?: string;
  readonly questions: readonly Question[];
  readonly answers: readonly Answer[];
  readonly authorities?: readonly Answer[];
  readonly additionals: readonly { readonly type: string; readonly udpPayloadSize?: number }[];
}

export const FLAGS = {
  authoritative: 1 << 10,
  truncated: 1 << 9,
  recursionDesired: 1 << 8,
  recursionAvailable: 1 << 7,
} as const;
const RCODES = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;
export type Rcode = keyof typeof RCODES;

/** Throws on bytes that are no DNS message. */
export function decodeMessage(bytes: Buffer): Message {
  return packet.decode(bytes) as Message;
}

export function encodeResponse(
  query: Message,
  reply: {
    rcode: Rcode;
    flags: number;
    answers: readonly Answer[];
    authorities: readonly Answer[];
    udpPayloadSize?: number;
  },
): Buffer {
  const additionals =
    reply.udpPayloadSize === undefined
      ? []
      : [{ type: "OPT", name: ".", udpPayloadSize: reply.udpPayloadSize, flags: 0, options: [] }];
  return packet.encode({
    id: query.id,
    type: "response",
    flags: reply.flags | RCODES[reply.rcode],
    questions: query.questions,
    answers: reply.answers,
    authorities: reply.authorities,
    additionals,
  });
}
