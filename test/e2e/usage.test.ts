import { testPages } from "./pages-on-pair.ts";

// The first peers, the others use that; the last one stops and starts both clusters.
testPages("the pages on usage", [
  "usage/peering",
  "usage/check",
  "usage/support",
  "usage/offloading",
  "usage/resources",
  "usage/storage",
  "usage/metrics",
  "usage/multi-cluster-services",
  "usage/network-policies",
  "usage/plan",
  "usage/why",
  "usage/trace",
  "usage/service-continuity",
]);
