/** A whole purchase: every service as a process of its own on the loopback, with a real Redis. */
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";

const ALONE = [
  "adservice",
  "currencyservice",
  "emailservice",
  "paymentservice",
  "productcatalogservice",
  "shippingservice",
] as const;
const COOKIES = { session: "shop_session-id", currency: "shop_currency" } as const;

const children: ChildProcess[] = [];
const logs = new Map<string, string[]>();
let shop = "";

const skip = hasRedis() ? false : "no redis-server in PATH";

describe("the whole shop", { skip }, () => {
  before(startShop, { timeout: 60_000 });
  after(stopShop);

  test("the front page shows nine products, their pictures and where it was made", async () => {
    const { text } = await visit(new Map(), "/");
    assert.equal(new Set(text.match(/\/product\/[A-Z0-9]{10}/g)).size, 9);
    assert.match(text, /<code>pod-of-frontend<\/code>.*<code>milan-worker<\/code>.*<code>milan<\/code>/s);
    for (const [picture] of text.matchAll(/\/static\/[^"]+\.svg/g)) {
      assert.match((await fetch(shop + picture)).headers.get("content-type") ?? "", /svg/);
    }
  });

  test("probes, robots and product data are answered", async () => {
    for (const kind of ["readiness", "liveness"]) {
      const probe = await fetch(`${shop}/_healthz`, { headers: { cookie: `${COOKIES.session}=x-${kind}-probe` } });
      assert.deepEqual([probe.status, await probe.text(), probe.headers.getSetCookie()], [200, "ok", []]);
    }
    assert.match(await (await fetch(`${shop}/robots.txt`)).text(), /User-agent: \*/);
    const meta = await fetch(`${shop}/product-meta/OLJCESPC7Z,6E92ZMYYFZ`);
    assert.deepEqual(
      ((await meta.json()) as { id: string }[]).map(({ id }) => id),
      ["OLJCESPC7Z", "6E92ZMYYFZ"],
    );
  });

  test("a customer sets a currency, adds twice to the cart, pays and has an empty cart", async () => {
    const cookies = new Map<string, string>();
    await visit(cookies, "/");
    assert.match(cookies.get(COOKIES.session) ?? "", /^[0-9a-f-]{36}$/);
    assert.equal((await visit(cookies, "/setCurrency", { currency_code: "EUR" }, "/cart")).location, "/cart");
    assert.equal(cookies.get(COOKIES.currency), "EUR");
    for (const quantity of ["2", "3"]) {
      assert.equal((await visit(cookies, "/cart", { product_id: "6E92ZMYYFZ", quantity })).location, "/cart");
    }
    const cart = (await visit(cookies, "/cart")).text;
    assert.match(cart, /Quantity: 5</);
    const [, total] = /Total.*?(€[\d.]+)/s.exec(cart) ?? [];
    const order = await visit(cookies, "/cart/checkout", checkoutForm());
    assert.equal(order.status, 200);
    assert.match(order.text, /[A-Z]{2}-\d+-\d+/);
    assert.ok(total !== undefined && order.text.includes(total), `the order page names ${total}`);
    assert.match((await visit(cookies, "/cart")).text, /cart is empty/);
    assert.ok(logs.get("emailservice")?.some((line) => line.includes("someone@example.com")));
  });

  test("the cart can be emptied and the session left", async () => {
    const cookies = new Map<string, string>();
    await visit(cookies, "/cart", { product_id: "OLJCESPC7Z", quantity: "1" });
    assert.equal((await visit(cookies, "/cart/empty", {})).location, "/");
    assert.match((await visit(cookies, "/cart")).text, /cart is empty/);
    assert.equal((await visit(cookies, "/logout")).location, "/");
    assert.equal(cookies.get(COOKIES.session), "");
  });

  for (const [name, change, reason] of [
    ["a wrong number", { credit_card_number: "4432-8015-6152-0455" }, /card info is invalid/],
    ["another brand", { credit_card_number: "378282246310005" }, /Only VISA or MasterCard/],
    ["an expired card", { credit_card_expiration_year: "2020" }, /ending 0454\) expired on 1\/2020/],
  ] as const) {
    test(`${name} gives an error page with the reason and keeps the cart`, async () => {
      const cookies = new Map<string, string>();
      await visit(cookies, "/cart", { product_id: "OLJCESPC7Z", quantity: "1" });
      const refused = await visit(cookies, "/cart/checkout", { ...checkoutForm(), ...change });
      assert.equal(refused.status, 422);
      assert.match(refused.text, reason);
      assert.match((await visit(cookies, "/cart")).text, /Quantity: 1</);
    });
  }

  for (const [path, form, status] of [
    ["/product/NOTHING", undefined, 404],
    ["/nowhere", undefined, 404],
    ["/static/nothing.svg", undefined, 404],
    ["/cart", { product_id: "OLJCESPC7Z", quantity: "-1" }, 422],
    ["/cart", { product_id: "NOTHING", quantity: "1" }, 404],
    ["/setCurrency", { currency_code: "constructor" }, 422],
    ["/logout", {}, 405],
  ] as const) {
    test(`${form === undefined ? "GET" : "POST"} ${path} ${JSON.stringify(form ?? "")} is ${status}`, async () => {
      assert.equal((await visit(new Map(), path, form)).status, status);
    });
  }

  test("a cookie with a currency that is not offered shows the shop in dollars", async () => {
    const page = await visit(new Map([[COOKIES.currency, "XXX"]]), "/");
    assert.equal(page.status, 200);
    assert.match(page.text, /<option selected>USD/);
  });

  test("without ads and recommendations the pages still come", async () => {
    await Promise.all(["adservice", "recommendationservice"].map(stop));
    for (const path of ["/", "/product/OLJCESPC7Z", "/cart"]) {
      assert.equal((await visit(new Map(), path)).status, 200);
    }
  });

  test("without a cart there is an error page, and SIGTERM ends every service with 0", async () => {
    assert.equal(await stop("cartservice"), 0);
    const page = await visit(new Map(), "/");
    assert.equal(page.status, 500);
    assert.match(page.text, /<\/footer>/);
    for (const name of ["frontend", "checkoutservice", ...ALONE.slice(1)]) assert.equal(await stop(name), 0, name);
  });
});

function hasRedis(): boolean {
  try {
    execFileSync("redis-server", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    // Any failure to run it means that it is not there.
    return false;
  }
}

async function startShop(): Promise<void> {
  const redisPort = await freePort();
  const options = ["--bind", "127.0.0.1", "--port", String(redisPort), "--save", "", "--appendonly", "no"];
  children.push(spawn("redis-server", options, { stdio: "ignore" }));
  const env: Record<string, string> = {
    REDIS_ADDR: `127.0.0.1:${redisPort}`,
    SHOPPING_ASSISTANT_SERVICE_ADDR: "none:80",
  };
  const startAll = async (names: readonly string[]): Promise<void> => {
    const ports = await Promise.all(names.map((name) => start(name, { ...env })));
    for (const [i, name] of names.entries()) env[addressVariable(name)] = `127.0.0.1:${ports[i]}`;
  };
  await startAll([...ALONE, "cartservice"]);
  await startAll(["recommendationservice", "checkoutservice"]);
  await startAll(["frontend"]);
  shop = `http://${env[addressVariable("frontend")]}`;
}

function addressVariable(service: string): string {
  const name = service === "productcatalogservice" ? "PRODUCT_CATALOG" : service.replace("service", "").toUpperCase();
  return `${name}_SERVICE_ADDR`;
}

/** The port that the service says it serves. */
function start(name: string, addresses: Record<string, string>): Promise<number> {
  const child = spawn(process.execPath, [join(import.meta.dirname, name, "main.ts")], {
    env: { PORT: "0", HOSTNAME: `pod-of-${name}`, NODE_NAME: "milan-worker", CLUSTER_NAME: "milan", ...addresses },
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  const lines: string[] = [];
  logs.set(name, lines);
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`${name} ended with ${code}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      lines.push(line);
      const { message, port } = JSON.parse(line) as { message: string; port?: number };
      if (message === "serving") resolve(Number(port));
    });
  });
}

/** Ends a service as a kubelet does; gives its exit code. */
async function stop(name: string): Promise<number | null> {
  const child = children.find(({ spawnargs }) => spawnargs.some((arg) => arg.includes(`/${name}/`)));
  assert.ok(child !== undefined, name);
  if (child.exitCode === null) {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  }
  return child.exitCode;
}

async function stopShop(): Promise<void> {
  const running = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  await Promise.all(
    running.map((child) => {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      return ended;
    }),
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  assert.ok(typeof address === "object" && address !== null);
  return address.port;
}

/** One request of a customer, whose cookies it keeps. */
async function visit(
  cookies: Map<string, string>,
  path: string,
  form?: Readonly<Record<string, string>>,
  referer = "",
): Promise<{ status: number; text: string; location: string | null }> {
  const response = await fetch(shop + path, {
    method: form === undefined ? "GET" : "POST",
    headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; "), referer },
    ...(form !== undefined && { body: new URLSearchParams(form) }),
    redirect: "manual",
  });
  for (const line of response.headers.getSetCookie()) {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    cookies.set(name, value);
  }
  return { status: response.status, text: await response.text(), location: response.headers.get("location") };
}

function checkoutForm(): Record<string, string> {
  return {
    email: "someone@example.com",
    street_address: "1 Sample Street",
    zip_code: "10129",
    city: "Turin",
    state: "TO",
    country: "Italy",
    credit_card_number: "4432-8015-6152-0454",
    credit_card_expiration_month: "1",
    credit_card_expiration_year: String(new Date().getUTCFullYear() + 1),
    credit_card_cvv: "672",
  };
}
