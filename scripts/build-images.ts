/** Builds the images of Liqo, the shop and what the tests run into .build/images, an OCI layout. Run by `make image`. */
import { join } from "node:path";
import { buildImages } from "../test/engines/kubernetes/images/build.ts";

const project = join(import.meta.dirname, "..");
const names = await buildImages({ project, layout: join(project, ".build/images") });
process.stdout.write(`${names.join("\n")}\n`);
