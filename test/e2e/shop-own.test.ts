/** The tutorial with the project's own manifest. */
import { join } from "node:path";
import { shopSuite } from "./shop-steps.ts";

const manifest = join(import.meta.dirname, "../../apps/boutique/manifest/online-boutique.yaml");

shopSuite({
  name: "the project's own shop",
  manifest,
  oneByOne: true,
  footer: (side) =>
    new RegExp(
      `Served by pod <code>frontend-\\S+</code> on node <code>worker-node-\\d</code> of cluster <code>${side === "remote" ? "rome" : "home"}</code>`,
    ),
});
