/** What Liqo's RuntimeClass is called where nothing else is said. Upstream: pkg/consts, offloading.runtimeClass.name of the chart */
export const DEFAULT_RUNTIME_CLASS = "liqo";
