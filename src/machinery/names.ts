/**
 * Rules for names, label keys and values, with Kubernetes' own messages.
 * Kubernetes: apimachinery/pkg/util/validation/validation.go. Each function returns the problems found.
 */
const DNS_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const DNS_LABEL_MESSAGE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
const DNS_SUBDOMAIN_MESSAGE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const DNS_1035_MESSAGE =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
const QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const QUALIFIED_MESSAGE =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const LABEL_VALUE_MESSAGE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

export function dns1123Label(value: string): string[] {
  return check(value, 63, `^${DNS_LABEL}$`, regexMessage(DNS_LABEL_MESSAGE, DNS_LABEL, ["my-name", "123-abc"]));
}

export function dns1123Subdomain(value: string): string[] {
  const pattern = `${DNS_LABEL}(\\.${DNS_LABEL})*`;
  return check(value, 253, `^${pattern}$`, regexMessage(DNS_SUBDOMAIN_MESSAGE, pattern, ["example.com"]));
}

export function dns1035Label(value: string): string[] {
  const pattern = "[a-z]([-a-z0-9]*[a-z0-9])?";
  return check(value, 63, `^${pattern}$`, regexMessage(DNS_1035_MESSAGE, pattern, ["my-name", "abc-123"]));
}

/** RBAC names and the like: anything that can be one path segment. */
export function pathSegmentName(value: string): string[] {
  if (value === "." || value === "..") return [`may not be '${value}'`];
  return ["/", "%"].filter((char) => value.includes(char)).map((char) => `may not contain '${char}'`);
}

/** A label key or annotation key: `name` or `example.com/name`. */
export function qualifiedName(value: string): string[] {
  const parts = value.split("/");
  const message = regexMessage(QUALIFIED_MESSAGE, QUALIFIED, ["MyName", "my.name", "123-abc"]);
  if (parts.length > 2) {
    return [
      `a qualified name ${message.replace("name part ", "")} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const [prefix, name] = parts.length === 2 ? parts : [undefined, parts[0]];
  const problems: string[] = [];
  if (prefix === "") problems.push("prefix part must be non-empty");
  else if (prefix !== undefined) problems.push(...dns1123Subdomain(prefix).map((problem) => `prefix part ${problem}`));
  if (name === undefined || name === "") problems.push("name part must be non-empty");
  else if (name.length > 63) problems.push("name part must be no more than 63 bytes");
  if (!new RegExp(`^${QUALIFIED}$`).test(name ?? "")) problems.push(message);
  return problems;
}

export function labelValue(value: string): string[] {
  const pattern = `(${QUALIFIED})?`;
  return check(value, 63, `^${pattern}$`, regexMessage(LABEL_VALUE_MESSAGE, pattern, ["MyValue", "my_value", "12345"]));
}

/** An IANA service name, as container and target ports use. */
export function portName(value: string): string[] {
  const problems: string[] = [];
  if (value.length > 15) problems.push("must be no more than 15 characters");
  if (!/^[-a-z0-9]*$/.test(value))
    problems.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  if (!/[a-z]/.test(value)) problems.push("must contain at least one letter (a-z)");
  if (value.includes("--")) problems.push("must not contain consecutive hyphens");
  if (value.startsWith("-") || value.endsWith("-")) problems.push("must not begin or end with a hyphen");
  return problems;
}

export function portNumber(value: number): string[] {
  return Number.isInteger(value) && value >= 1 && value <= 65535 ? [] : ["must be between 1 and 65535, inclusive"];
}

function check(value: string, maxLength: number, pattern: string, message: string): string[] {
  const problems: string[] = [];
  if (value.length > maxLength) problems.push(`must be no more than ${maxLength} bytes`);
  if (!new RegExp(pattern).test(value)) problems.push(message);
  return problems;
}

/** As RegexError in Kubernetes, double blank before "or" included. */
function regexMessage(message: string, pattern: string, examples: readonly string[]): string {
  const shown = examples.map((example, i) => `${i > 0 ? " or " : ""}'${example}', `).join("");
  return `${message} (e.g. ${shown}regex used for validation is '${pattern}')`;
}
