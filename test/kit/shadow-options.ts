/** How pods of milan become ShadowPods of rome in unit tests: nothing is added to them. */
import type { ShadowPodOptions } from "#forge/pod/shadow-pod.ts";

export const SHADOW_OPTIONS: ShadowPodOptions = {
  scope: {
    origin: "milan",
    destination: "rome",
    nodeName: "liqo-rome",
    labelsNotReflected: [],
    annotationsNotReflected: [],
  },
  apiServer: { support: "Disabled", port: "443", addresses: [] },
  liqoRuntimeClass: "liqo",
};
