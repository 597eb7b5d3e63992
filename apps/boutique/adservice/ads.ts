/** Advertisements by category of product. */
export interface Advertisement {
  readonly redirectUrl: string;
  readonly text: string;
}

const BY_CATEGORY: ReadonlyMap<string, readonly Advertisement[]> = new Map(
  Object.entries({
    accessories: [{ redirectUrl: "/product/1YMWWN1N4O", text: "Be on time: 20% off every steel wristwatch." }],
    clothing: [{ redirectUrl: "/product/66VCHSJNUP", text: "Two tanks for the price of one and a half." }],
    footwear: [{ redirectUrl: "/product/L9ECAV7KIM", text: "Walk softly: suede loafers, now with a free brush." }],
    hair: [{ redirectUrl: "/product/2ZYFJ3GM2N", text: "Dry in half the time: half price on hairdryers." }],
    decor: [{ redirectUrl: "/product/0PUK6V6EV0", text: "Three candles, two prices: light up the evening." }],
    kitchen: [
      { redirectUrl: "/product/9SIQT8TOJO", text: "Keep it dry: storage jars at a third off." },
      { redirectUrl: "/product/6E92ZMYYFZ", text: "The second mug is on us." },
    ],
  }),
);
const RANDOM_COUNT = 2;

/** Those of the categories; random ones when none matches. */
export function chooseAds(categories: readonly string[], random: () => number): Advertisement[] {
  const matching = categories.flatMap((category) => BY_CATEGORY.get(category) ?? []);
  if (matching.length > 0) return matching;
  const all = [...BY_CATEGORY.values()].flat();
  return Array.from({ length: RANDOM_COUNT }, () => all[Math.floor(random() * all.length)]).filter(
    (ad) => ad !== undefined,
  );
}
