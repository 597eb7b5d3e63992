/** What the pages need from the other services. A failed ad or recommendation never fails a page. */
import type { Client } from "@connectrpc/connect";
import type {
  Ad,
  AdService,
  CartItem,
  CartService,
  CheckoutService,
  CurrencyService,
  Money,
  Product,
  ProductCatalogService,
  RecommendationService,
  ShippingService,
} from "../gen/hipstershop_pb.ts";
import { add, moneyOf, multiply } from "../rpc/money.ts";
import type { CartLine, Priced } from "./pages.ts";

export interface Services {
  readonly catalogue: Client<typeof ProductCatalogService>;
  readonly currency: Client<typeof CurrencyService>;
  readonly cart: Client<typeof CartService>;
  readonly recommendation: Client<typeof RecommendationService>;
  readonly shipping: Client<typeof ShippingService>;
  readonly checkout: Client<typeof CheckoutService>;
  readonly ad: Client<typeof AdService>;
  readonly warn: (message: string, error: unknown) => void;
}

/** The currencies of the original's list. */
export const DISPLAYED: readonly string[] = ["USD", "EUR", "CAD", "JPY", "GBP", "TRY"];
const MOST_RECOMMENDED = 4;

/** The currencies a customer may choose. */
export async function displayedCurrencies(services: Services): Promise<string[]> {
  const { currencyCodes } = await services.currency.getSupportedCurrencies({});
  return DISPLAYED.filter((code) => currencyCodes.includes(code));
}

export async function priced(services: Services, product: Product, currency: string): Promise<Priced> {
  const from = product.priceUsd;
  const price =
    from === undefined || from.currencyCode === currency
      ? from
      : await services.currency.convert({ from, toCode: currency });
  return { product, price: price ?? moneyOf(currency, 0n) };
}

export async function allProducts(services: Services, currency: string): Promise<Priced[]> {
  const { products } = await services.catalogue.listProducts({});
  return Promise.all(products.map((product) => priced(services, product, currency)));
}

export async function cartItems(services: Services, userId: string): Promise<CartItem[]> {
  return (await services.cart.getCart({ userId })).items;
}

export async function cartLines(services: Services, items: readonly CartItem[], currency: string): Promise<CartLine[]> {
  return Promise.all(
    items.map(async (item) => {
      const product = await services.catalogue.getProduct({ id: item.productId });
      const { price } = await priced(services, product, currency);
      return { product, price, item, cost: multiply(price, item.quantity) };
    }),
  );
}

export async function shippingCost(services: Services, items: CartItem[], currency: string): Promise<Money> {
  const { costUsd } = await services.shipping.getQuote({ items });
  return costUsd === undefined ? moneyOf(currency, 0n) : services.currency.convert({ from: costUsd, toCode: currency });
}

export function totalOf(lines: readonly { readonly cost: Money }[], shipping: Money): Money {
  return lines.reduce((sum, { cost }) => add(sum, cost), shipping);
}

export async function recommended(
  services: Services,
  userId: string,
  productIds: string[],
  currency: string,
): Promise<Priced[]> {
  try {
    const found = await services.recommendation.listRecommendations({ userId, productIds });
    const chosen = found.productIds.slice(0, MOST_RECOMMENDED);
    return await Promise.all(
      chosen.map(async (id) => priced(services, await services.catalogue.getProduct({ id }), currency)),
    );
  } catch (error) {
    services.warn("no recommendations", error);
    return [];
  }
}

export async function chooseAd(services: Services, categories: string[]): Promise<Ad | undefined> {
  try {
    const { ads } = await services.ad.getAds({ contextKeys: categories });
    return ads[Math.floor(Math.random() * ads.length)];
  } catch (error) {
    services.warn("no ad", error);
    return undefined;
  }
}
