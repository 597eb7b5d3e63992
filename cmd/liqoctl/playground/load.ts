/** `liqoctl playground load` */

import { messageOf } from "#base/errors.ts";
import { argument } from "#cli/command/argument.ts";
import { command } from "#cli/command/command.ts";
import { flag, InvalidValue } from "#cli/command/flag.ts";
import { CliError } from "#cli/errors.ts";
import { formatReference, type ImageReference, parseReference } from "#playground/images/reference.ts";
import { ImageStore } from "#playground/images/store/image-store.ts";
import { sourcesOf } from "#playground/images/store/sources.ts";
import { requireKnown } from "#playground/supervisor/commands.ts";
import { readSpec } from "#playground/supervisor/spec.ts";
import { clusterNames, pathsOf } from "./place.ts";

export const loadCommand = command({
  path: ["playground", "load"],
  summary: "Give clusters images of archives, OCI layouts, Docker or podman.",
  examples: [
    "liqoctl playground load web.tar",
    "liqoctl playground load example.com/web:1 --cluster rome",
    "liqoctl playground load ./layout --name example.com/web:1",
  ],
  args: { images: argument.some("archives, folders with an OCI layout, names of images in Docker or podman", "files") },
  flags: {
    cluster: flag.repeated("cluster that gets them (default: all); may be repeated", "name", {
      complete: clusterNames,
    }),
    name: flag.of<ImageReference | undefined>(
      "name of the image, where the archive says none or another",
      "reference",
      referenceOf,
      undefined,
    ),
  },
  async run(ctx, env, { args: { images }, flags: { cluster, name } }) {
    const paths = pathsOf(env);
    const { clusters } = readSpec(paths.spec);
    if (clusters.length === 0)
      throw new CliError("there are no clusters", { hint: "create two: liqoctl playground create milan rome" });
    requireKnown(clusters, cluster);
    if (process.getuid?.() !== 0) throw new CliError("images are loaded by root", { hint: "run it with sudo" });
    const store = new ImageStore({ root: paths.imageStore });
    for (const image of images) {
      const sources = await sourcesOf(ctx, image, name === undefined ? {} : { name }).catch(refuse);
      for (const source of sources)
        await env.printer.step("global", `Loaded ${formatReference(source.reference)}`, () =>
          store.load(ctx, { ...source, ...(cluster.length > 0 && { clusters: cluster }) }).catch(refuse),
        );
    }
  },
});

function referenceOf(text: string): ImageReference {
  const reference = parseReference(text);
  if (reference === undefined) throw new InvalidValue("must be the name of an image such as example.com/web:1");
  return reference;
}

function refuse(cause: unknown): never {
  throw new CliError(messageOf(cause), { cause });
}
