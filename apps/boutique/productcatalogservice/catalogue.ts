/** The nine products of the shop: ids as in the original, everything else our own. */
import { create } from "@bufbuild/protobuf";
import { type Product, ProductSchema } from "../gen/hipstershop_pb.ts";
import { moneyOf } from "../rpc/money.ts";

interface Entry {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** In cents of a dollar. */
  readonly cents: number;
  readonly categories: readonly string[];
}

const ENTRIES: readonly Entry[] = [
  {
    id: "OLJCESPC7Z",
    name: "Aviator Shades",
    description: "Light metal frames and dark glass: for bright days and for looking at dashboards.",
    cents: 2199,
    categories: ["accessories"],
  },
  {
    id: "66VCHSJNUP",
    name: "Cotton Tank",
    description: "Soft ribbed cotton with a straight cut. Warm clusters, cool shoulders.",
    cents: 1850,
    categories: ["clothing", "tops"],
  },
  {
    id: "1YMWWN1N4O",
    name: "Steel Wristwatch",
    description: "A quiet quartz watch on a steel band. It keeps time better than most clocks in a data centre.",
    cents: 10990,
    categories: ["accessories"],
  },
  {
    id: "L9ECAV7KIM",
    name: "Suede Loafers",
    description: "Slip them on and go. Rubber soles, leather lining, no laces to trip over.",
    cents: 8900,
    categories: ["footwear"],
  },
  {
    id: "2ZYFJ3GM2N",
    name: "Ionic Hairdryer",
    description: "Two speeds, three temperatures and a cord long enough for any bathroom.",
    cents: 2495,
    categories: ["hair", "beauty"],
  },
  {
    id: "0PUK6V6EV0",
    name: "Wax Candle",
    description: "Forty hours of soft light in a reusable jar, with a hint of cedar.",
    cents: 1875,
    categories: ["decor", "home"],
  },
  {
    id: "LS4PSXUNUM",
    name: "Spice Shakers",
    description: "A pair in brushed steel that pours neither too much nor too little.",
    cents: 1849,
    categories: ["kitchen"],
  },
  {
    id: "9SIQT8TOJO",
    name: "Storage Jar",
    description: "Bamboo lid, borosilicate glass, a litre of whatever has to stay dry.",
    cents: 549,
    categories: ["kitchen"],
  },
  {
    id: "6E92ZMYYFZ",
    name: "Stoneware Mug",
    description: "Holds three decilitres of coffee and survives the dishwasher.",
    cents: 899,
    categories: ["kitchen"],
  },
];

export const PRODUCTS: readonly Product[] = ENTRIES.map(({ cents, id, ...entry }) =>
  create(ProductSchema, {
    ...entry,
    id,
    categories: [...entry.categories],
    picture: `/static/products/${id}.svg`,
    priceUsd: moneyOf("USD", BigInt(cents) * 10_000_000n),
  }),
);

export function findProduct(id: string): Product | undefined {
  return PRODUCTS.find((product) => product.id === id);
}

/** Products whose name or description holds the text, in any case. */
export function searchProducts(query: string): Product[] {
  const text = query.toLowerCase();
  return PRODUCTS.filter(({ name, description }) => `${name}\n${description}`.toLowerCase().includes(text));
}
