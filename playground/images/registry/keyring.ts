/**
 * Which credentials are for an image: pure. Kubernetes: pkg/credentialprovider/{config,keyring}.go (most specific first;
 * `*` within a part of the host's name; a path in front of the image's counts).
 */
import { createHash } from "node:crypto";

export interface Credential {
  readonly username: string;
  readonly password: string;
}

const HUB_NAMES = ["index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"];

/** Those of `.dockerconfigjson` or `.dockercfg` texts that fit, without repetition. Texts that cannot be read have none. */
export function credentialsFor(texts: readonly string[], repository: string): Credential[] {
  const fitting = texts
    .flatMap((text) => entriesOf(text))
    .filter(({ place }) => fits(place, repository))
    .toSorted((a, b) => (a.place === b.place ? 0 : a.place < b.place ? 1 : -1));
  const seen = new Map(fitting.map(({ credential }) => [hashOf(credential), credential]));
  return [...seen.values()];
}

/** Tells credentials apart without telling them. */
export function hashOf({ username, password }: Credential): string {
  return createHash("sha256")
    .update(JSON.stringify([username, password]))
    .digest("hex");
}

/** The program that knows the credentials for an image, and what to call the registry; as skopeo, by the registry's name alone. */
export function credentialHelperOf(
  text: string,
  repository: string,
): { readonly program: string; readonly server: string } | undefined {
  const { credHelpers, credsStore } = parse(text);
  const registry = registryOf(repository);
  const own = isObject(credHelpers) ? credHelpers[registry] : undefined;
  const program = own ?? credsStore;
  if (typeof program !== "string" || !/^[\w.-]+$/.test(program)) return undefined;
  return { program, server: registry === "docker.io" ? "https://index.docker.io/v1/" : registry };
}

/** As skopeo reads it. */
export function formatAuthFile(registry: string, credential: Credential | undefined): string {
  if (credential === undefined) return JSON.stringify({ auths: {} });
  const auth = Buffer.from(`${credential.username}:${credential.password}`).toString("base64");
  return JSON.stringify({ auths: { [registry]: { auth } } });
}

export function registryOf(repository: string): string {
  return repository.slice(0, repository.indexOf("/"));
}

interface Entry {
  readonly place: string;
  readonly credential: Credential;
}

function entriesOf(text: string): Entry[] {
  const config = parse(text);
  const auths = isObject(config["auths"]) ? config["auths"] : config;
  return Object.entries(auths).flatMap(([place, auth]) => {
    const credential = isObject(auth) ? credentialOf(auth) : undefined;
    return credential === undefined ? [] : [{ place: placeOf(place), credential }];
  });
}

function credentialOf(auth: Record<string, unknown>): Credential | undefined {
  const { username, password, auth: joined } = auth;
  if (typeof joined === "string" && joined !== "") {
    const text = Buffer.from(joined, "base64").toString("utf8");
    const colon = text.indexOf(":");
    return colon < 0
      ? undefined
      : { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, "") };
  }
  if (typeof username !== "string" || typeof password !== "string") return undefined;
  return { username, password };
}

/** `https://index.docker.io/v1/` is docker.io; schemes and API versions say nothing. */
function placeOf(text: string): string {
  const bare = text
    .replace(/^https?:\/\//, "")
    .replace(/\/(v[12]\/?)?$/, "")
    .replace(/\/v[12]\/?$/, "");
  const [host = "", ...path] = bare.split("/");
  return [HUB_NAMES.includes(host) ? "docker.io" : host, ...path].join("/");
}

function fits(place: string, repository: string): boolean {
  const [host = "", ...path] = place.split("/");
  const [ownHost = "", ...ownPath] = repository.split("/");
  const [name = "", port = ""] = host.split(":");
  const [ownName = "", ownPort = ""] = ownHost.split(":");
  const parts = name.split(".");
  const ownParts = ownName.split(".");
  if (port !== ownPort || parts.length !== ownParts.length) return false;
  const isHost = parts.every((part, i) => partPattern(part).test(ownParts[i] ?? ""));
  return isHost && ownPath.join("/").startsWith(path.join("/"));
}

function partPattern(part: string): RegExp {
  const literal = part.replaceAll(/[.*+?^${}()|[\]\\]/g, (sign) => (sign === "*" ? "[^.]*" : `\\${sign}`));
  return new RegExp(`^${literal}$`);
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
