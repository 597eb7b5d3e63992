/** What OpenTelemetry's own environment variables say. https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables */

export interface TracingSettings {
  /** Where batches are posted. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** What all spans of the process have in common. */
  readonly resource: Readonly<Record<string, string>>;
  /** The part of all traces that begin here, from 0 to 1. */
  readonly ratio: number;
  /** Whether a trace that came from elsewhere is recorded when it is there. */
  readonly followsParent: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** undefined: off. Throws a SyntaxError that names the variable. */
export function tracingSettings(env: Environment): TracingSettings | undefined {
  const url = endpointOf(env);
  const isOff = env["OTEL_SDK_DISABLED"]?.toLowerCase() === "true" || env["OTEL_TRACES_EXPORTER"] === "none";
  if (url === undefined || isOff) return undefined;
  const name = env["OTEL_SERVICE_NAME"] ?? "";
  return {
    url,
    headers: {
      ...pairs(env, "OTEL_EXPORTER_OTLP_HEADERS"),
      ...pairs(env, "OTEL_EXPORTER_OTLP_TRACES_HEADERS"),
    },
    resource: { ...pairs(env, "OTEL_RESOURCE_ATTRIBUTES"), ...(name !== "" && { "service.name": name }) },
    ...samplerOf(env),
  };
}

function endpointOf(env: Environment): URL | undefined {
  const own = env["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] ?? "";
  if (own !== "") return urlOf("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", own);
  const base = env["OTEL_EXPORTER_OTLP_ENDPOINT"] ?? "";
  if (base === "") return undefined;
  const url = urlOf("OTEL_EXPORTER_OTLP_ENDPOINT", base);
  url.pathname = `${url.pathname.replace(/\/$/, "")}/v1/traces`;
  return url;
}

function urlOf(variable: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  // Not what it is: it may hold a password.
  throw new SyntaxError(`${variable} is no URL of HTTP: use one such as http://collector.observability:4318`);
}

/** `a=b,c=d`, each part percent-encoded as in W3C Baggage. What is said is not repeated: headers are secrets. */
function pairs(env: Environment, variable: string): Record<string, string> {
  const parts = (env[variable] ?? "").split(",").filter((part) => part.trim() !== "");
  return Object.fromEntries(
    parts.map((part) => {
      const [key = "", ...value] = part.split("=");
      try {
        if (key.trim() === "" || value.length === 0) throw new URIError();
        return [decodeURIComponent(key.trim()), decodeURIComponent(value.join("=").trim())];
      } catch {
        throw new SyntaxError(`${variable} is not of the form key=value,key=value with percent-encoded values`);
      }
    }),
  );
}

const SAMPLERS = ["always_on", "always_off", "traceidratio"];
const BY_PARENT = "parentbased_";

function samplerOf(env: Environment): Pick<TracingSettings, "ratio" | "followsParent"> {
  const given = env["OTEL_TRACES_SAMPLER"] ?? "";
  const sampler = given === "" ? "parentbased_always_on" : given;
  const followsParent = sampler.startsWith(BY_PARENT);
  const root = followsParent ? sampler.slice(BY_PARENT.length) : sampler;
  if (!SAMPLERS.includes(root)) {
    const known = [...SAMPLERS, ...SAMPLERS.map((name) => BY_PARENT + name)].join(", ");
    throw new SyntaxError(`OTEL_TRACES_SAMPLER ${JSON.stringify(given)} is not one of ${known}`);
  }
  if (root !== "traceidratio") return { ratio: root === "always_on" ? 1 : 0, followsParent };
  const argument = env["OTEL_TRACES_SAMPLER_ARG"] ?? "";
  const ratio = argument === "" ? 1 : Number(argument);
  if (ratio >= 0 && ratio <= 1) return { ratio, followsParent };
  throw new SyntaxError(`OTEL_TRACES_SAMPLER_ARG ${JSON.stringify(argument)} is no number from 0 to 1`);
}
