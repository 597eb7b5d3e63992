/** Customers for the shop. USERS (10) of them, RATE (1) new ones a second; a summary line every ten seconds. */
import { log, required, untilTerminated } from "../rpc/process.ts";
import { CURRENCIES, checkoutForm, chooseAction, PRODUCT_IDS } from "./user.ts";

const base = `http://${required("FRONTEND_ADDR")}`;
const users = Number(process.env["USERS"] ?? 10);
const rate = Number(process.env["RATE"] ?? 1);
const REQUEST_TIMEOUT_MS = 10_000;
const SUMMARY_MS = 10_000;

let requests = 0;
let failures = 0;
let durations: number[] = [];

log("loadgenerator", "starting", { base, users, rate });
for (let i = 0; i < users; i++) setTimeout(() => void shopForever(), (i / rate) * 1_000);
setInterval(summarize, SUMMARY_MS);
await untilTerminated();
summarize();
process.exit(0);

async function shopForever(): Promise<void> {
  const cookies = new Map<string, string>();
  await send(cookies, "/");
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 1_000 + Math.random() * 9_000));
    await act(cookies);
  }
}

async function act(cookies: Map<string, string>): Promise<void> {
  const product = pick(PRODUCT_IDS);
  switch (chooseAction(Math.random())) {
    case "index":
      return send(cookies, "/");
    case "setCurrency":
      return send(cookies, "/setCurrency", { currency_code: pick(CURRENCIES) });
    case "browseProduct":
      return send(cookies, `/product/${product}`);
    case "viewCart":
      return send(cookies, "/cart");
    case "addToCart":
      return addToCart(cookies, product);
    case "checkout":
      await addToCart(cookies, product);
      return send(cookies, "/cart/checkout", checkoutForm(new Date().getUTCFullYear()));
  }
}

async function addToCart(cookies: Map<string, string>, product: string): Promise<void> {
  await send(cookies, `/product/${product}`);
  await send(cookies, "/cart", { product_id: product, quantity: pick(["1", "2", "3", "4", "5", "10"]) });
}

/** One request; what fails is counted and logged, never thrown. */
async function send(cookies: Map<string, string>, path: string, form?: Record<string, string>): Promise<void> {
  const startedAt = performance.now();
  requests++;
  try {
    const response = await fetch(base + path, {
      method: form === undefined ? "GET" : "POST",
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
      ...(form !== undefined && { body: new URLSearchParams(form) }),
      redirect: "manual",
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    await response.arrayBuffer();
    for (const line of response.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      cookies.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
    }
    if (response.status >= 400) throw new Error(`HTTP ${response.status}`);
    durations.push(performance.now() - startedAt);
  } catch (error) {
    failures++;
    log("loadgenerator", "request failed", { path, error: String(error) });
  }
}

function summarize(): void {
  const sorted = durations.sort((a, b) => a - b);
  const at = (share: number): string =>
    `${Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)}ms`;
  process.stdout.write(`requests=${requests} failures=${failures} p50=${at(0.5)} p99=${at(0.99)}\n`);
  durations = [];
}

function pick<T>(items: readonly T[]): T {
  // Never empty here; the index is always inside.
  return items[Math.floor(Math.random() * items.length)] as T;
}
