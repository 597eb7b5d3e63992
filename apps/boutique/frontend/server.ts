/** The shop over HTTP: routes, cookies and redirects. */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { AddressSchema, CreditCardInfoSchema } from "../gen/hipstershop_pb.ts";
import { add, moneyOf, multiply } from "../rpc/money.ts";
import { cartPage, errorPage, type Frame, homePage, orderPage, page, productPage } from "./pages.ts";
import { LOGO, productPicture } from "./pictures.ts";
import {
  allProducts,
  cartItems,
  cartLines,
  chooseAd,
  DISPLAYED,
  displayedCurrencies,
  priced,
  recommended,
  type Services,
  shippingCost,
  totalOf,
} from "./shop.ts";
import { STYLE } from "./style.ts";

export interface ShopOptions {
  readonly services: Services;
  readonly servedBy: Frame["servedBy"];
  readonly baseUrl: string;
  readonly message: string;
  readonly bannerColor: string;
  readonly platform: string;
}

const SESSION = "shop_session-id";
const CURRENCY = "shop_currency";
const DEFAULT_CURRENCY = "USD";
const COOKIE_SECONDS = 48 * 3600;
const MAX_FORM_BYTES = 16 * 1024;

/** One customer's request. */
interface Visit {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly userId: string;
  readonly currency: string;
  readonly cookies: string[];
}

type Route = (options: ShopOptions, visit: Visit, parameter: string) => Promise<void>;

const ROUTES: readonly (readonly [string, RegExp, Route])[] = [
  ["GET", /^\/$/, home],
  ["GET", /^\/product\/([^/]+)$/, product],
  ["GET", /^\/cart$/, viewCart],
  ["POST", /^\/cart$/, addToCart],
  ["POST", /^\/cart\/empty$/, emptyCart],
  ["POST", /^\/cart\/checkout$/, checkout],
  ["POST", /^\/setCurrency$/, setCurrency],
  ["GET", /^\/logout$/, logout],
  ["GET", /^\/product-meta\/(.+)$/, productMeta],
];

export function createShop(options: ShopOptions): Server {
  return createServer((request, response) => {
    const visit = startVisit(options, request, response);
    handle(options, visit).catch((error: unknown) => fail(options, visit, error));
  });
}

function startVisit({ baseUrl }: ShopOptions, request: IncomingMessage, response: ServerResponse): Visit {
  const given = new Map(
    (request.headers.cookie ?? "").split(/;\s*/).map((pair): [string, string] => {
      const at = pair.indexOf("=");
      return [pair.slice(0, at), decodeURIComponentSafe(pair.slice(at + 1))];
    }),
  );
  const full = (request.url ?? "/").split("?")[0] ?? "/";
  const known = given.get(SESSION);
  const userId = known ?? randomUUID();
  const cookies = known === undefined ? [cookie(SESSION, userId)] : [];
  const path = full.startsWith(baseUrl) && baseUrl !== "" ? full.slice(baseUrl.length) || "/" : full;
  return { request, response, path, userId, currency: offered(given.get(CURRENCY)), cookies };
}

/** A cookie that names another currency must not lock its owner out. */
function offered(currency = ""): string {
  return DISPLAYED.includes(currency) ? currency : DEFAULT_CURRENCY;
}

async function handle(options: ShopOptions, visit: Visit): Promise<void> {
  const { path, response } = visit;
  const method = visit.request.method === "HEAD" ? "GET" : visit.request.method;
  if (path === "/_healthz") return send(response, 200, "text/plain", "ok", []);
  if (path === "/robots.txt") return send(response, 200, "text/plain", "User-agent: *\nDisallow: /", []);
  if (path.startsWith("/static/")) return sendStatic(response, path.slice("/static/".length));
  const allowed: string[] = [];
  for (const [routeMethod, pattern, route] of ROUTES) {
    const match = pattern.exec(path);
    if (match === null) continue;
    if (routeMethod === method) return route(options, visit, decodeURIComponentSafe(match[1] ?? ""));
    allowed.push(routeMethod);
  }
  if (allowed.length > 0) return refuseMethod(options, visit, allowed);
  throw new ConnectError(`no page ${path}`, Code.NotFound);
}

async function home(options: ShopOptions, visit: Visit): Promise<void> {
  const [products, ad, frame] = await Promise.all([
    allProducts(options.services, visit.currency),
    chooseAd(options.services, []),
    frameOf(options, visit),
  ]);
  sendPage(visit, page(frame, "Home", homePage(products, ad)));
}

async function product(options: ShopOptions, visit: Visit, id: string): Promise<void> {
  const { services } = options;
  const found = await services.catalogue.getProduct({ id });
  const [item, others, ad, frame] = await Promise.all([
    priced(services, found, visit.currency),
    recommended(services, visit.userId, [id], visit.currency),
    chooseAd(services, found.categories),
    frameOf(options, visit),
  ]);
  sendPage(visit, page(frame, found.name, productPage(item, others, ad)));
}

async function viewCart(options: ShopOptions, visit: Visit): Promise<void> {
  const { services } = options;
  const items = await cartItems(services, visit.userId);
  const [lines, shipping, others, frame] = await Promise.all([
    cartLines(services, items, visit.currency),
    shippingCost(services, items, visit.currency),
    recommended(
      services,
      visit.userId,
      items.map(({ productId }) => productId),
      visit.currency,
    ),
    frameOf(options, visit),
  ]);
  sendPage(
    visit,
    page(frame, "Cart", cartPage(lines, shipping, totalOf(lines, shipping), others, new Date().getUTCFullYear())),
  );
}

async function addToCart({ services, baseUrl }: ShopOptions, visit: Visit): Promise<void> {
  const form = await readForm(visit.request);
  const productId = form.get("product_id") ?? "";
  const quantity = Number(form.get("quantity") ?? "1");
  if (!Number.isInteger(quantity) || quantity < 1 || quantity > 10) {
    throw new ConnectError(
      `quantity "${form.get("quantity")}" must be a whole number from 1 to 10`,
      Code.InvalidArgument,
    );
  }
  // An unknown product must not get into the cart.
  await services.catalogue.getProduct({ id: productId });
  await services.cart.addItem({ userId: visit.userId, item: { productId, quantity } });
  redirect(visit, `${baseUrl}/cart`);
}

async function emptyCart({ services, baseUrl }: ShopOptions, visit: Visit): Promise<void> {
  await services.cart.emptyCart({ userId: visit.userId });
  redirect(visit, `${baseUrl}/`);
}

async function checkout(options: ShopOptions, visit: Visit): Promise<void> {
  const { services } = options;
  const form = await readForm(visit.request);
  const text = (name: string): string => form.get(name) ?? "";
  const number = (name: string): number => {
    const value = Number(text(name));
    if (!Number.isInteger(value) || value < 0)
      throw new ConnectError(`${name} "${text(name)}" must be a whole number`, Code.InvalidArgument);
    return value;
  };
  const { order } = await services.checkout.placeOrder({
    userId: visit.userId,
    userCurrency: visit.currency,
    email: text("email"),
    address: create(AddressSchema, {
      streetAddress: text("street_address"),
      city: text("city"),
      state: text("state"),
      country: text("country"),
      zipCode: number("zip_code"),
    }),
    creditCard: create(CreditCardInfoSchema, {
      creditCardNumber: text("credit_card_number"),
      creditCardExpirationMonth: number("credit_card_expiration_month"),
      creditCardExpirationYear: number("credit_card_expiration_year"),
      creditCardCvv: number("credit_card_cvv"),
    }),
  });
  if (order === undefined) throw new ConnectError("the checkout gave no order", Code.Internal);
  const total = order.items.reduce(
    (sum, { item, cost }) => (cost === undefined ? sum : add(sum, multiply(cost, item?.quantity ?? 0))),
    order.shippingCost ?? moneyOf(visit.currency, 0n),
  );
  const [others, frame] = await Promise.all([
    recommended(services, visit.userId, [], visit.currency),
    frameOf(options, visit),
  ]);
  sendPage(visit, page(frame, "Order", orderPage(order, total, others)));
}

async function setCurrency({ services, baseUrl }: ShopOptions, visit: Visit): Promise<void> {
  const code = (await readForm(visit.request)).get("currency_code") ?? "";
  if (!(await displayedCurrencies(services)).includes(code))
    throw new ConnectError(`currency "${code}" is not offered`, Code.InvalidArgument);
  visit.cookies.push(cookie(CURRENCY, code));
  redirect(visit, visit.request.headers.referer ?? `${baseUrl}/`);
}

async function logout({ baseUrl }: ShopOptions, visit: Visit): Promise<void> {
  visit.cookies.length = 0;
  visit.cookies.push(`${SESSION}=; Path=/; Max-Age=0`, `${CURRENCY}=; Path=/; Max-Age=0`);
  redirect(visit, `${baseUrl}/`);
}

async function productMeta({ services }: ShopOptions, visit: Visit, ids: string): Promise<void> {
  const found = await Promise.all(ids.split(",").map((id) => services.catalogue.getProduct({ id })));
  const body = found.map(({ id, name, picture, description, categories }) => ({
    id,
    name,
    picture,
    description,
    categories,
  }));
  send(visit.response, 200, "application/json", JSON.stringify(body), visit.cookies);
}

async function frameOf(options: ShopOptions, visit: Visit): Promise<Frame> {
  const [currencies, items] = await Promise.all([
    displayedCurrencies(options.services),
    cartItems(options.services, visit.userId),
  ]);
  const cartSize = items.reduce((sum, { quantity }) => sum + quantity, 0);
  return { ...options, currency: visit.currency, currencies, cartSize };
}

const STATUS: Partial<Record<Code, number>> = { [Code.NotFound]: 404, [Code.InvalidArgument]: 422 };

function fail(options: ShopOptions, visit: Visit, cause: unknown): void {
  const error = ConnectError.from(cause);
  const code = STATUS[error.code] ?? 500;
  if (code === 500) options.services.warn(`${visit.request.method} ${visit.path} failed`, cause);
  sendError(options, visit, code, error.rawMessage);
}

function refuseMethod(options: ShopOptions, visit: Visit, allowed: readonly string[]): void {
  visit.response.setHeader("Allow", allowed.join(", "));
  sendError(options, visit, 405, `${visit.request.method} is not a method of ${visit.path}`);
}

/** Asks no other service: those may be what has failed. */
function sendError(options: ShopOptions, { response, currency, cookies }: Visit, code: number, text: string): void {
  if (response.headersSent) return;
  const frame: Frame = { ...options, currency, currencies: DISPLAYED, cartSize: 0 };
  send(response, code, "text/html; charset=utf-8", page(frame, "Error", errorPage(code, text)), cookies);
}

function sendStatic(response: ServerResponse, name: string): void {
  if (name === "style.css") {
    send(response, 200, "text/css", STYLE, []);
    return;
  }
  const picture = /^products\/([A-Z0-9]+)\.svg$/.exec(name);
  const svg = name === "logo.svg" ? LOGO : productPicture(picture?.[1] ?? "");
  if (svg === undefined) send(response, 404, "text/plain", "not found", []);
  else send(response, 200, "image/svg+xml", svg, []);
}

function sendPage({ response, cookies }: Visit, html: string): void {
  send(response, 200, "text/html; charset=utf-8", html, cookies);
}

function send(response: ServerResponse, code: number, type: string, body: string, cookies: readonly string[]): void {
  response
    .writeHead(code, { "Content-Type": type, ...(cookies.length > 0 && { "Set-Cookie": [...cookies] }) })
    .end(body);
}

function redirect({ response, cookies }: Visit, location: string): void {
  response.writeHead(302, { Location: location, ...(cookies.length > 0 && { "Set-Cookie": cookies }) }).end();
}

function cookie(name: string, value: string): string {
  return `${name}=${encodeURIComponent(value)}; Path=/; Max-Age=${COOKIE_SECONDS}`;
}

function decodeURIComponentSafe(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not encoded by us: taken as it is.
    return text;
  }
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = "";
  for await (const chunk of request) {
    text += (chunk as Buffer).toString();
    if (text.length > MAX_FORM_BYTES) throw new ConnectError("the form is too large", Code.InvalidArgument);
  }
  return new URLSearchParams(text);
}
