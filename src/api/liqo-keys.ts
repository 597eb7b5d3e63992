/** Which labels and annotations are Liqo's own: those that its controllers go by. */

/** `liqo.io/cordon`, `offloading.liqo.io/origin`. */
export function isLiqoKey(key: string): boolean {
  const [domain = ""] = key.split("/", 1);
  return key.includes("/") && (domain === "liqo.io" || domain.endsWith(".liqo.io"));
}
