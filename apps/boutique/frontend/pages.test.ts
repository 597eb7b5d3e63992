import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { AdSchema, ProductSchema } from "../gen/hipstershop_pb.ts";
import { moneyOf } from "../rpc/money.ts";
import { errorPage, type Frame, homePage, page } from "./pages.ts";

const FRAME: Frame = {
  currency: "USD",
  currencies: ["USD", "EUR"],
  cartSize: 3,
  servedBy: { pod: "frontend-1", node: "", cluster: "" },
  message: "",
  bannerColor: "",
  platform: "",
  baseUrl: "",
};
const MUG = {
  product: create(ProductSchema, { id: "6E92ZMYYFZ", name: "Mug", picture: "/static/mug.svg" }),
  price: moneyOf("USD", 8_990_000_000n),
};

test("every link, picture and form of a page lies below the base URL", () => {
  const html = page(
    { ...FRAME, baseUrl: "/shop" },
    "Home",
    homePage([MUG], create(AdSchema, { redirectUrl: "/product/X" })),
  );
  const targets = [...html.matchAll(/(?:href|src|action)="([^"]*)"/g)].map(([, target]) => target);
  assert.ok(targets.length >= 7);
  assert.deepEqual(
    targets.filter((target) => !target?.startsWith("/shop/")),
    [],
  );
});

test("what comes from outside cannot become markup", () => {
  const hostile = `"><script>alert('x')</script>`;
  const html = page(
    { ...FRAME, message: hostile, platform: hostile, bannerColor: hostile },
    hostile,
    errorPage(404, hostile),
  );
  assert.ok(!html.includes("<script"));
  assert.ok(html.includes("&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)"));
});

test("the header counts the cart and selects the currency", () => {
  const html = page(FRAME, "Home", "");
  assert.match(html, /<span class="count">3<\/span>/);
  assert.match(html, /<option selected>USD<\/option><option>EUR<\/option>/);
});
