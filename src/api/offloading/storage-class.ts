/** Liqo's virtual storage class: where its volumes lie is decided by where their pods run. */
export const DEFAULT_STORAGE_CLASS = "liqo";
