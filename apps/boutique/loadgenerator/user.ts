/** What a customer does: weights and forms as in the original. */
export interface Action {
  readonly weight: number;
  readonly name: string;
}

const ACTIONS = [
  { weight: 1, name: "index" },
  { weight: 2, name: "setCurrency" },
  { weight: 10, name: "browseProduct" },
  { weight: 2, name: "addToCart" },
  { weight: 3, name: "viewCart" },
  { weight: 1, name: "checkout" },
] as const satisfies readonly Action[];

export type ActionName = (typeof ACTIONS)[number]["name"];

/** `random` in 0…1 falls on an action in proportion to its weight. */
export function chooseAction(random: number): ActionName {
  const total = ACTIONS.reduce((sum, { weight }) => sum + weight, 0);
  let left = random * total;
  for (const { weight, name } of ACTIONS) {
    left -= weight;
    if (left < 0) return name;
  }
  return "index";
}

export const PRODUCT_IDS = [
  "0PUK6V6EV0",
  "1YMWWN1N4O",
  "2ZYFJ3GM2N",
  "66VCHSJNUP",
  "6E92ZMYYFZ",
  "9SIQT8TOJO",
  "L9ECAV7KIM",
  "LS4PSXUNUM",
  "OLJCESPC7Z",
] as const;
export const CURRENCIES = ["EUR", "USD", "JPY", "CAD", "GBP", "TRY"] as const;

export function checkoutForm(year: number): Record<string, string> {
  return {
    email: "load@example.com",
    street_address: "7 Test Road",
    zip_code: "10129",
    city: "Turin",
    state: "TO",
    country: "Italy",
    credit_card_number: "4432-8015-6152-0454",
    credit_card_expiration_month: "1",
    credit_card_expiration_year: String(year + 1),
    credit_card_cvv: "672",
  };
}
