/** The tutorial with the manifest that Online Boutique's makers publish, unmodified, where it is at hand. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { shopSuite } from "./shop-steps.ts";

const manifest = join(import.meta.dirname, "../../../shared/data/online-boutique/kubernetes-manifests.yaml");

if (existsSync(manifest)) shopSuite({ name: "Google's Online Boutique", manifest, oneByOne: false });
else test("Google's Online Boutique", { skip: "its manifest is not beside the project" }, () => undefined);
