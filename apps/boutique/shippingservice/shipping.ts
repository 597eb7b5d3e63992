/** What shipping costs and how a parcel is found again. */
import type { Address, CartItem, Money } from "../gen/hipstershop_pb.ts";
import { moneyOf } from "../rpc/money.ts";

const FLAT_RATE_NANOS = 8_990_000_000n;

/** 8.99 USD for anything, nothing for nothing. */
export function quote(items: readonly CartItem[]): Money {
  const count = items.reduce((sum, { quantity }) => sum + quantity, 0);
  return moneyOf("USD", count === 0 ? 0n : FLAT_RATE_NANOS);
}

/** Such as `AB-12345-61234567`: two letters, then numbers from the address and random digits. */
export function trackingId(address: Address | undefined, random: () => number): string {
  const letter = (): string => String.fromCharCode(65 + Math.floor(random() * 26));
  const digits = (count: number): string => Array.from({ length: count }, () => Math.floor(random() * 10)).join("");
  const text = `${address?.streetAddress ?? ""}, ${address?.city ?? ""}, ${address?.state ?? ""}`;
  return `${letter()}${letter()}-${text.length}${digits(3)}-${Math.floor(text.length / 2)}${digits(7)}`;
}
