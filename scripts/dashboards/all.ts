import { network } from "./network.ts";
import { overview } from "./overview.ts";
import { reflection } from "./reflection.ts";

export const dashboards = [overview, network, reflection];
