/** Which level a namespace asks for by its labels. Kubernetes: pod-security-admission/api/{helpers,constants}.go */
import { type FieldError, invalid } from "#machinery/field-error.ts";

const LEVELS = ["privileged", "baseline", "restricted"] as const;
export type Level = (typeof LEVELS)[number];

export interface LevelVersion {
  readonly level: Level;
  /** `latest` or `v1.25`. */
  readonly version: string;
}

export interface Policy {
  readonly enforce: LevelVersion;
  readonly audit: LevelVersion;
  readonly warn: LevelVersion;
}

const PREFIX = "pod-security.kubernetes.io/";
const VERSION = /^(latest|v1\.(0|[1-9]\d{0,8}))$/;

type Labels = Readonly<Record<string, string>>;

/** What is not said is privileged; labels that say nothing valid come with their errors. */
export function policyOf(labels: Labels = {}): { readonly policy: Policy; readonly errors: readonly FieldError[] } {
  const errors: FieldError[] = [];
  const read = (label: string, isValid: (value: string) => boolean, why: string): string | undefined => {
    const value = labels[PREFIX + label];
    if (value === undefined || isValid(value)) return value;
    errors.push(invalid(`metadata.labels[${PREFIX}${label}]`, value, why));
    return "";
  };
  const mode = (name: keyof Policy, otherwise: Level): LevelVersion & { isSaid: boolean; isValid: boolean } => {
    const level = read(name, isLevel, `must be one of ${LEVELS.join(", ")}`);
    const version = read(`${name}-version`, (value) => VERSION.test(value), 'must be "latest" or "v1.x"');
    const isValid = level !== undefined && isLevel(level);
    return {
      level: isValid ? level : level === "" ? otherwise : "privileged",
      version: version === undefined || version === "" ? "latest" : version,
      isSaid: level !== undefined,
      isValid,
    };
  };
  // Enforcing fails closed, telling fails open.
  const enforce = mode("enforce", "restricted");
  const audit = mode("audit", "privileged");
  const warn = mode("warn", "privileged");
  const { level, version } = enforce;
  const isWarned = !warn.isSaid && enforce.isValid && compareLevels(level, warn.level) > 0;
  const warned = { level, version: labels[`${PREFIX}warn-version`] === undefined ? version : warn.version };
  return {
    policy: {
      enforce: { level, version },
      audit: { level: audit.level, version: audit.version },
      warn: isWarned ? warned : { level: warn.level, version: warn.version },
    },
    errors,
  };
}

export function compareLevels(a: Level, b: Level): number {
  return LEVELS.indexOf(a) - LEVELS.indexOf(b);
}

/** `baseline:latest` */
export function formatLevel({ level, version }: LevelVersion): string {
  return `${level}:${version}`;
}

function isLevel(value: string): value is Level {
  return (LEVELS as readonly string[]).includes(value);
}
