/** YAML as the genuine server reads and writes it: version 1.1 without its numbers of base 60 and its times. Go: sigs.k8s.io/yaml */
import { parse, stringify, YAMLParseError } from "yaml";

/** What the parser calls the commonest mistakes, and what Go does. */
const GO_WORDS: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY: "mapping values are not allowed in this context",
  TAB_AS_INDENT: "found character that cannot start any token",
  BAD_INDENT: "did not find expected key",
  MISSING_CHAR: "did not find expected ',' or ']'",
};

/** Throws a SyntaxError `yaml: …`. */
export function parseYaml(text: string): unknown {
  try {
    return parse(text, {
      version: "1.1",
      uniqueKeys: true,
      maxAliasCount: 100,
      customTags: (tags) =>
        tags.filter(
          (tag) =>
            typeof tag === "string" || (!("format" in tag && tag.format === "TIME") && !tag.tag.endsWith(":timestamp")),
        ),
    });
  } catch (cause) {
    if (!(cause instanceof YAMLParseError)) throw cause;
    const line = cause.linePos?.[0].line ?? 1;
    const where = line > 1 ? `line ${line}: ` : "";
    throw new SyntaxError(`yaml: ${where}${GO_WORDS[cause.code] ?? cause.message}`, { cause });
  }
}

export function formatYaml(value: unknown): string {
  return stringify(value, { version: "1.1", sortMapEntries: true, indentSeq: false, lineWidth: 0 });
}
