/** A user's file of images. It is read again when it has changed: no cluster has to be restarted for an image. */
import { readFileSync, statSync } from "node:fs";
import { messageOf } from "#base/errors.ts";
import { type ImageEntry, parseEntries } from "./entry.ts";

export interface UserImages {
  readonly entries: readonly ImageEntry[];
  /** What is wrong with the file; the entries are then those it had before. */
  readonly problem?: string;
}

/** What the file holds now; nothing while it is not there. */
export function followUserFile(path: string): () => UserImages {
  let seen: string | undefined;
  let images: UserImages = { entries: [] };
  return () => {
    const stamp = stampOf(path);
    if (stamp === seen) return images;
    seen = stamp;
    images = stamp === undefined ? { entries: [] } : read(path, images.entries);
    return images;
  };
}

function read(path: string, before: readonly ImageEntry[]): UserImages {
  try {
    return { entries: parseEntries(readFileSync(path, "utf8"), path) };
  } catch (error) {
    const text = messageOf(error);
    return { entries: before, problem: text.startsWith(path) ? text : `${path}: ${text}` };
  }
}

/** Editors replace the file or write into it: either changes one of these. */
function stampOf(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && [found.ino, found.size, found.mtimeNs].join(" ");
}
