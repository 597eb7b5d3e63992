/** A file of the archive, before anything of it has another name. */
import type { UnstructuredObject } from "#machinery/meta.ts";

export type Entry =
  | { readonly path: string; readonly text: string }
  | {
      readonly path: string;
      readonly objects: readonly UnstructuredObject[];
      /** Of Liqo's own programs. */
      readonly isLiqo: boolean;
    };
