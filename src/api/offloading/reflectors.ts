/** The reflectors of a virtual kubelet, by the names that flags and VkOptionsTemplates call them. Upstream: pkg/virtualKubelet/reflection/resources */
export const REFLECTOR_NAMES = [
  "pod",
  "service",
  "endpointslice",
  "ingress",
  "configmap",
  "secret",
  "serviceaccount",
  "persistentvolumeclaim",
  "event",
  // Not upstream's.
  "networkpolicy",
  // Not upstream's; off unless asked for.
  "serviceexport",
  "serviceimport",
] as const;

export type ReflectorName = (typeof REFLECTOR_NAMES)[number];
