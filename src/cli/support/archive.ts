/** The archive: a gzipped tar of text files. */
import { gunzipSync, gzipSync } from "node:zlib";
import { packTar, unpackTar } from "modern-tar";
import { messageOf } from "#base/errors.ts";
import { CliError } from "../errors.ts";

export interface ArchiveFile {
  readonly path: string;
  readonly text: string;
}

/** What is longer is none of ours. */
const MOST_BYTES = 512 * 1024 * 1024;

export async function packArchive(files: readonly ArchiveFile[], mtime: Date): Promise<Buffer> {
  const entries = files.map(({ path, text }) => {
    const body = Buffer.from(text);
    return { header: { name: path, size: body.length, type: "file" as const, mode: 0o600, mtime }, body };
  });
  return gzipSync(await packTar(entries));
}

/** Throws a CliError for what is no such archive. */
export async function unpackArchive(name: string, archive: Buffer): Promise<ArchiveFile[]> {
  try {
    const entries = await unpackTar(gunzipSync(archive, { maxOutputLength: MOST_BYTES }), { strict: true });
    return entries.flatMap(({ header, data }) =>
      header.type === "file" && data !== undefined
        ? [{ path: header.name, text: Buffer.from(data).toString("utf8") }]
        : [],
    );
  } catch (cause) {
    throw new CliError(`${name} is no archive of \`liqoctl support\`: ${messageOf(cause)}`, {
      cause,
      hint: "give the file that `liqoctl support` wrote",
    });
  }
}
