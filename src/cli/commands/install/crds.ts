/** Liqo's CRDs. Helm never upgrades CRDs, so `liqoctl install` applies them itself. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CustomResourceDefinition } from "kubernetes-types/apiextensions/v1";
import { parse } from "yaml";
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { customResourceDefinitions } from "#machinery/builtin.ts";
import { keyOf } from "#machinery/meta.ts";
import { waitFor } from "../../cluster.ts";
import { CliError } from "../../errors.ts";

/** Those of a chart. Throws a CliError where it has none. */
export function readCrds(folder: string): CustomResourceDefinition[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith(".yaml"))
      .map((file) => parse(readFileSync(join(folder, file), "utf8")) as CustomResourceDefinition);
  } catch (cause) {
    throw new CliError(`${folder} does not exist`, { cause, hint: "run `make setup`, which generates the CRDs" });
  }
}

/** Resolves when the API server serves all of them. */
export async function applyCrds(ctx: Context, client: KubeClient, folder: string): Promise<void> {
  const crds = readCrds(folder);
  await Promise.all(crds.map((crd) => client.apply(ctx, customResourceDefinitions, crd)));
  await Promise.all(
    crds.map((crd) =>
      waitFor(ctx, client, customResourceDefinitions, keyOf(crd), {
        until: (found) =>
          found?.status?.conditions?.some(({ type, status }) => type === "Established" && status === "True") === true,
        timeoutMs: 30_000,
        what: "not established",
      }),
    ),
  );
}
