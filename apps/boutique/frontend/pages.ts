/** The shop's pages as HTML text. Everything that comes from outside is escaped. */
import type { Ad, CartItem, Money, OrderResult, Product } from "../gen/hipstershop_pb.ts";
import { formatMoney } from "../rpc/money.ts";
import { LOGO } from "./pictures.ts";

/** What every page shows around its content. */
export interface Frame {
  readonly currency: string;
  readonly currencies: readonly string[];
  readonly cartSize: number;
  /** Where the page was made. */
  readonly servedBy: { readonly pod: string; readonly node: string; readonly cluster: string };
  readonly message: string;
  readonly bannerColor: string;
  /** Such as `aws`; empty when the shop does not say. */
  readonly platform: string;
  /** Path that the shop lives below, such as `/shop`; empty for the root. */
  readonly baseUrl: string;
}

/** A product with its price in the chosen currency. */
export interface Priced {
  readonly product: Product;
  readonly price: Money;
}

export interface CartLine extends Priced {
  readonly item: CartItem;
  readonly cost: Money;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
}

export function page(frame: Frame, title: string, content: string): string {
  const html = wholePage(frame, title, content);
  // All text is escaped, quotes too: only the pages' own links look so.
  return frame.baseUrl === ""
    ? html
    : html.replaceAll(/ (href|src|action)="\/(?!\/)/g, ` $1="${escapeHtml(frame.baseUrl)}/`);
}

function wholePage(frame: Frame, title: string, content: string): string {
  const options = frame.currencies
    .map((code) => `<option${code === frame.currency ? " selected" : ""}>${escapeHtml(code)}</option>`)
    .join("");
  const { pod, node, cluster } = frame.servedBy;
  const banner = frame.bannerColor === "" ? "" : ` style="border-top:6px solid ${escapeHtml(frame.bannerColor)}"`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escapeHtml(title)} · Online Boutique</title><link rel="icon" href="/static/logo.svg"><link rel="stylesheet" href="/static/style.css"></head><body>
<header${banner}><div class="bar"><a class="brand" href="/">${LOGO}Online Boutique</a><form action="/setCurrency" method="post"><select name="currency_code" aria-label="Currency" onchange="this.form.submit()">${options}</select><noscript><button>Set</button></noscript></form><a class="cart" href="/cart">Cart<span class="count">${frame.cartSize}</span></a></div></header>
<main>${frame.message === "" ? "" : `<p class="ad">${escapeHtml(frame.message)}</p>`}${content}</main>
<footer>Served by pod <code>${escapeHtml(pod)}</code>${node === "" ? "" : ` on node <code>${escapeHtml(node)}</code>`}${cluster === "" ? "" : ` of cluster <code>${escapeHtml(cluster)}</code>`}${frame.platform === "" ? "" : ` (${escapeHtml(frame.platform)})`}. A demonstration: nothing is sold, nothing is charged.</footer></body></html>`;
}

export function homePage(products: readonly Priced[], ad: Ad | undefined): string {
  return `<section class="hero"><h1>Small things, well made</h1><p>Nine of them, from eleven services, on as many clusters as you like.</p></section><div class="grid">${products.map(card).join("")}</div>${adLine(ad)}`;
}

export function productPage({ product, price }: Priced, recommended: readonly Priced[], ad: Ad | undefined): string {
  const amounts = [1, 2, 3, 4, 5, 10].map((n) => `<option>${n}</option>`).join("");
  return `<div class="two"><img src="${escapeHtml(product.picture)}" alt="${escapeHtml(product.name)}"><div class="panel"><h1>${escapeHtml(product.name)}</h1><p class="price">${formatMoney(price)}</p><p>${escapeHtml(product.description)}</p><form method="post" action="/cart"><input type="hidden" name="product_id" value="${escapeHtml(product.id)}"><select name="quantity" aria-label="Quantity">${amounts}</select> <button>Add to cart</button></form></div></div>${recommendations(recommended)}${adLine(ad)}`;
}

export function cartPage(
  lines: readonly CartLine[],
  shipping: Money,
  total: Money,
  recommended: readonly Priced[],
  year: number,
): string {
  if (lines.length === 0)
    return `<div class="panel"><h1>Your cart is empty</h1><p>What you add will wait here for you.</p><a class="button" href="/">Continue shopping</a></div>${recommendations(recommended)}`;
  const rows = lines
    .map(
      ({ product, item, cost }) =>
        `<div class="row"><a href="/product/${escapeHtml(product.id)}"><img src="${escapeHtml(product.picture)}" alt=""></a><div class="grow"><b>${escapeHtml(product.name)}</b><br><span>Quantity: ${item.quantity}</span></div><b>${formatMoney(cost)}</b></div>`,
    )
    .join("");
  return `<div class="two"><div class="panel"><h1>Cart</h1>${rows}<div class="row"><span class="grow">Shipping</span><span>${formatMoney(shipping)}</span></div><div class="row"><b class="grow">Total</b><b class="price">${formatMoney(total)}</b></div><p><form method="post" action="/cart/empty"><button class="quiet">Empty cart</button></form></p></div><div class="panel"><h2>Checkout</h2>${checkoutForm(year)}</div></div>${recommendations(recommended)}`;
}

function checkoutForm(year: number): string {
  const field = (name: string, label: string, value: string, type = "text", wide = false): string =>
    `<label${wide ? ' class="wide"' : ""}>${label}<input type="${type}" name="${name}" value="${value}" required></label>`;
  const months = Array.from(
    { length: 12 },
    (_, i) => `<option value="${i + 1}">${String(i + 1).padStart(2, "0")}</option>`,
  ).join("");
  const years = Array.from({ length: 6 }, (_, i) => `<option>${year + 1 + i}</option>`).join("");
  return `<form class="fields" method="post" action="/cart/checkout">${field("email", "E-mail", "someone@example.com", "email", true)}${field("street_address", "Street", "1 Sample Street", "text", true)}${field("zip_code", "ZIP code", "10129")}${field("city", "City", "Turin")}${field("state", "State", "TO")}${field("country", "Country", "Italy")}${field("credit_card_number", "Card number", "4432-8015-6152-0454", "text", true)}<label>Month<select name="credit_card_expiration_month">${months}</select></label><label>Year<select name="credit_card_expiration_year">${years}</select></label>${field("credit_card_cvv", "CVV", "672", "password")}<button class="wide">Place order</button></form>`;
}

export function orderPage(order: OrderResult, total: Money, recommended: readonly Priced[]): string {
  return `<div class="panel"><h1>Your order is complete!</h1><p>We have sent you a confirmation.</p><div class="row"><span class="grow">Order</span><code>${escapeHtml(order.orderId)}</code></div><div class="row"><span class="grow">Tracking number</span><code>${escapeHtml(order.shippingTrackingId)}</code></div><div class="row"><span class="grow">Shipping</span><span>${formatMoney(order.shippingCost)}</span></div><div class="row"><b class="grow">Total paid</b><b class="price">${formatMoney(total)}</b></div><p><a class="button" href="/">Continue shopping</a></p></div>${recommendations(recommended)}`;
}

export function errorPage(code: number, text: string): string {
  return `<div class="panel"><h1>Uh, oh!</h1><p>Something has failed. Below are some details for debugging.</p><p><b>HTTP status:</b> ${code}</p><pre style="white-space:pre-wrap">${escapeHtml(text)}</pre><a class="button" href="/">Home</a></div>`;
}

function card({ product, price }: Priced): string {
  return `<a class="card" href="/product/${escapeHtml(product.id)}"><img src="${escapeHtml(product.picture)}" alt="${escapeHtml(product.name)}" loading="lazy"><div><b>${escapeHtml(product.name)}</b><span>${formatMoney(price)}</span></div></a>`;
}

function recommendations(products: readonly Priced[]): string {
  return products.length === 0
    ? ""
    : `<h2>You may also like</h2><div class="grid">${products.map(card).join("")}</div>`;
}

function adLine(ad: Ad | undefined): string {
  return ad === undefined ? "" : `<a class="ad" href="${escapeHtml(ad.redirectUrl)}">Ad: ${escapeHtml(ad.text)}</a>`;
}
