/** Liqo's CRDs. Helm never upgrades CRDs, so `liqoctl install` applies them itself. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CustomResourceDefinition } from "kubernetes-types/apiextensions/v1";
import { parse } from "yaml";
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { customResourceDefinitions } from "#machinery/builtin.ts";
import { waitFor } from "../../cluster.ts";
import { CliError } from "../../errors.ts";

/** Resolves when the API server serves all of them. */
export async function applyCrds(ctx: Context, client: KubeClient, folder: string): Promise<void> {
  let files: string[];
  try {
    files = readdirSync(folder).filter((file) => file.endsWith(".yaml"));
  } catch (cause) {
    throw new CliError(`${folder} does not exist`, { cause, hint: "run `make setup`, which generates the CRDs" });
  }
  await Promise.all(
    files.map((file) =>
      client.apply(
        ctx,
        customResourceDefinitions,
        parse(readFileSync(join(folder, file), "utf8")) as CustomResourceDefinition,
      ),
    ),
  );
  await Promise.all(
    files.map((file) => {
      const name = file
        .replace(/\.yaml$/, "")
        .split("_")
        .reverse()
        .join(".");
      return waitFor(
        ctx,
        client,
        customResourceDefinitions,
        { name },
        {
          until: (found) =>
            found?.status?.conditions?.some(({ type, status }) => type === "Established" && status === "True") === true,
          timeoutMs: 30_000,
          what: "not established",
        },
      );
    }),
  );
}
