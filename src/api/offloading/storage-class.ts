/** Liqo's virtual storage class: where its volumes lie is decided by where their pods run. */
export const DEFAULT_STORAGE_CLASS = "liqo";
/** Who makes the volumes of that class. Upstream: pkg/consts/storage.go */
export const STORAGE_PROVISIONER = "liqo.io/storage";
/** Where its volumes at home really lie. */
export const DEFAULT_STORAGE_NAMESPACE = "liqo-storage";
