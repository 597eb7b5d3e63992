/** Which credit cards are accepted. */
import { Code, ConnectError } from "@connectrpc/connect";
import type { CreditCardInfo } from "../gen/hipstershop_pb.ts";

/** `visa` or `mastercard`; throws INVALID_ARGUMENT with the reason otherwise. */
export function acceptCard(card: CreditCardInfo | undefined, now: Date): "visa" | "mastercard" {
  const number = (card?.creditCardNumber ?? "").replaceAll(/[\s-]/g, "");
  if (card === undefined || !/^\d{13,19}$/.test(number) || !passesLuhn(number)) refuse("Credit card info is invalid");
  const type = typeOf(number);
  if (type === undefined) refuse("Sorry, we cannot process this credit card. Only VISA or MasterCard is accepted.");
  const { creditCardExpirationYear: year, creditCardExpirationMonth: month } = card;
  if (month < 1 || month > 12) refuse(`Expiration month ${month} is invalid`);
  const isExpired = now.getUTCFullYear() * 12 + now.getUTCMonth() + 1 > year * 12 + month;
  if (isExpired) refuse(`Your credit card (ending ${number.slice(-4)}) expired on ${month}/${year}`);
  return type;
}

/** ISO/IEC 7812-1, annex B. */
function passesLuhn(number: string): boolean {
  let sum = 0;
  for (let i = 0; i < number.length; i++) {
    const digit = Number(number[number.length - 1 - i]);
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

function typeOf(number: string): "visa" | "mastercard" | undefined {
  if (/^4/.test(number) && [13, 16, 19].includes(number.length)) return "visa";
  if (number.length !== 16) return undefined;
  const prefix = Number(number.slice(0, 4));
  const isOld = prefix >= 5100 && prefix <= 5599;
  return isOld || (prefix >= 2221 && prefix <= 2720) ? "mastercard" : undefined;
}

function refuse(message: string): never {
  throw new ConnectError(message, Code.InvalidArgument);
}
