/** YAML as the genuine server reads and writes it. Go: sigs.k8s.io/yaml */
import { stringify } from "yaml";
import { parseJson } from "#base/text/json.ts";
import { parseYaml as parseBounded, YamlError } from "#base/text/yaml.ts";

/** What the parser calls the commonest mistakes, and what Go does. */
const GO_WORDS: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY: "mapping values are not allowed in this context",
  TAB_AS_INDENT: "found character that cannot start any token",
  BAD_INDENT: "did not find expected key",
  MISSING_CHAR: "did not find expected ',' or ']'",
};

export interface YamlBody {
  readonly value: unknown;
  /** `yaml: unmarshal errors:` and the keys that a map has twice, as strict decoding reports them; the last one counts. */
  readonly problems: readonly string[];
}

/** Throws a SyntaxError `yaml: …`. */
export function parseYaml(text: string): YamlBody {
  const duplicates: string[] = [];
  try {
    const onDuplicate = (key: string, line: number): void =>
      void duplicates.push(`line ${line}: key ${JSON.stringify(key)} already set in map`);
    const value = fromJson(text) ?? parseBounded(text, { onDuplicate });
    const problems = duplicates.length === 0 ? [] : [`yaml: unmarshal errors:\n  ${duplicates.join("\n  ")}`];
    return { value, problems };
  } catch (cause) {
    if (!(cause instanceof YamlError)) throw cause;
    const where = cause.line > 1 ? `line ${cause.line}: ` : "";
    throw new SyntaxError(`yaml: ${where}${GO_WORDS[cause.code ?? ""] ?? cause.message}`, { cause });
  }
}

/** Programs apply JSON, which is YAML too and read twenty times faster as what it is. */
function fromJson(text: string): unknown {
  if (!text.startsWith("{")) return undefined;
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

export function formatYaml(value: unknown): string {
  return stringify(value, { version: "1.1", sortMapEntries: true, indentSeq: false, lineWidth: 0 });
}
