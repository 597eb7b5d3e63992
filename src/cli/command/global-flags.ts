/** The flags of the program itself, which every verb takes. */
import { pairs } from "./flag.ts";

export interface GlobalFlag {
  readonly key: string;
  readonly word: string;
  /** What stands for the value; undefined: none. */
  readonly value?: string;
  readonly description: string;
}

export const GLOBAL_FLAGS = [
  { key: "skipConfirm", word: "--skip-confirm", description: "do not ask before what cannot be undone" },
  {
    key: "globalLabels",
    word: "--global-labels",
    value: "<k=v,…>",
    description: "labels for all objects that are made; they change none of their own",
  },
  {
    key: "globalAnnotations",
    word: "--global-annotations",
    value: "<k=v,…>",
    description: "annotations for all objects that are made",
  },
] as const satisfies readonly GlobalFlag[];

/** Several of the same flag add up. */
export function mergePairs(text: string, earlier: Readonly<Record<string, string>>): Record<string, string> {
  return { ...earlier, ...pairs(text) };
}
