import { testPages } from "./pages-on-pair.ts";

// Each of the first leaves the clusters without a peering; the others use the one of manifests.
testPages("the advanced pages", [
  "advanced/manual-peering",
  "advanced/nat",
  "advanced/in-band",
  "advanced/declarative-peering",
  "advanced/external-ips",
  "advanced/api-access",
  "advanced/customised-nodes",
]);
