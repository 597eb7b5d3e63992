/** A virtual node of milan for rome, as unit tests need one. */
import type { NodeOptions } from "#forge/node.ts";

export const NODE_OPTIONS: NodeOptions = {
  name: "liqo-rome",
  providerId: "rome",
  address: "10.244.0.9",
  port: 10250,
  kubeletVersion: "v1.35.0",
  extraLabels: {},
  extraAnnotations: {},
};
