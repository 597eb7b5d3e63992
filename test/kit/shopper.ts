/** A customer of the shop: cookies, forms and a whole purchase over HTTP. */
import assert from "node:assert/strict";
import { request } from "node:http";

export interface Visit {
  readonly status: number;
  readonly text: string;
  readonly location: string | undefined;
}

const REQUEST_TIMEOUT_MS = 10_000;
const TRACKING_ID = /[A-Z]{2}-\d+-\d+/;
const FORM_TYPE = { "content-type": "application/x-www-form-urlencoded" };

export class Shopper {
  readonly #base: string;
  readonly #cookies = new Map<string, string>();

  /** @param base Such as `http://198.18.1.200:80`. */
  constructor(base: string) {
    this.#base = base;
  }

  /** GET, or POST of a form. Each request is a connection of its own, so that none sticks to one pod. */
  visit(path: string, form?: Readonly<Record<string, string>>): Promise<Visit> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    return new Promise((resolve, reject) => {
      const sent = request(
        new URL(path, this.#base),
        {
          method: form === undefined ? "GET" : "POST",
          headers: { cookie, ...(form !== undefined && FORM_TYPE) },
          agent: false,
          signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
        },
        (response) => {
          this.#keep(response.headers["set-cookie"] ?? []);
          let text = "";
          response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
          response.on("error", reject);
          response.on("end", () =>
            resolve({ status: response.statusCode ?? 0, text, location: response.headers.location }),
          );
        },
      );
      sent.on("error", reject);
      sent.end(form === undefined ? undefined : new URLSearchParams(form).toString());
    });
  }

  #keep(lines: readonly string[]): void {
    for (const line of lines) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.#cookies.set(name, value);
    }
  }
}

/** Browse, change the currency, fill the cart, check out: every service of the shop is asked. Rejects at the first fault. */
export async function purchase(base: string): Promise<void> {
  const shopper = new Shopper(base);
  const home = await shopper.visit("/");
  assert.equal(home.status, 200, `GET /: ${home.text.slice(0, 500)}`);
  assert.match(home.text, /\/product\/OLJCESPC7Z/);
  const currency = await shopper.visit("/setCurrency", { currency_code: "EUR" });
  assert.equal(currency.status, 302, `POST /setCurrency: ${currency.text.slice(0, 500)}`);
  const product = await shopper.visit("/product/OLJCESPC7Z");
  assert.match(product.text, /€/, "prices are in the chosen currency");
  const added = await shopper.visit("/cart", { product_id: "OLJCESPC7Z", quantity: "3" });
  assert.equal(added.location, "/cart", `POST /cart: ${added.text.slice(0, 500)}`);
  const cart = await shopper.visit("/cart");
  assert.match(cart.text, /Quantity: 3/);
  const order = await shopper.visit("/cart/checkout", checkoutForm());
  assert.equal(order.status, 200, `POST /cart/checkout: ${order.text.slice(0, 500)}`);
  assert.match(order.text, TRACKING_ID);
  assert.doesNotMatch((await shopper.visit("/cart")).text, /Quantity: /, "the cart is empty after the order");
}

function checkoutForm(): Record<string, string> {
  return {
    email: "someone@example.com",
    street_address: "1600 Amphitheatre Parkway",
    zip_code: "94043",
    city: "Mountain View",
    state: "CA",
    country: "United States",
    credit_card_number: "4432-8015-6152-0454",
    credit_card_expiration_month: "1",
    credit_card_expiration_year: String(new Date().getUTCFullYear() + 1),
    credit_card_cvv: "672",
  };
}
