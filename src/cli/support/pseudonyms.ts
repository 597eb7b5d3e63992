/**
 * Text without what is secret or tells where something is: the same word always becomes the same other word, by a key that
 * nobody keeps. What is looked for is found by its shape; hosts by a list, since their names look like any other word.
 */
import { createHmac } from "node:crypto";
import { isIPv6 } from "node:net";
import { addressRenamer, renameCidr } from "./addresses.ts";

/** Everybody's: they say nothing of a cluster. */
const PUBLIC_HOSTS =
  /^(localhost|kubernetes|docker\.io|quay\.io|gcr\.io|(.+\.)?(cluster\.local|svc|ghcr\.io|k8s\.io|kubernetes\.io|github\.com|liqo\.io))$/i;
/** Shorter ones are too likely to be a part of something else. */
const SHORTEST_HOST = 3;

const PEM = /-----BEGIN [A-Z0-9 ]{1,40}-----[\s\S]{0,20000}?-----END [A-Z0-9 ]{1,40}-----/g;
const JWT = /\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g;
const BLOB = /(?<![\w+/])[A-Za-z0-9+/_-]{32,}={0,2}/g;
const HEX = /(?<![\w:])[0-9a-f]{40,}(?!\w)/gi;
const NAMED =
  /\b((?:\w{0,40}[_-])?(?:password|passwd|token|api[_-]?key|secret[_-]?key|authorization|bearer))("?\s?[=:]\s?"?|\s)((?:bearer |basic )?[^\s",;&<>(){}]{6,})/gi;
const MAC = /(?<![\w:])(?:[0-9a-f]{2}:){5}[0-9a-f]{2}(?![\w:])/gi;
const IPV6 = /(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}(?:[0-9a-f]{0,4}|\d{1,3}(?:\.\d{1,3}){3})(?![\w:])/gi;
const IPV4 = /(?<!\d|\d\.)(\d{1,3}(?:\.\d{1,3}){3})(?:\/(\d{1,2})(?![\d.]))?(?!\d|\.\d)/g;
/** As in names: `rome-pod-10-244-0-0-16`, `ip-10-0-0-1`. */
const DASHED = /(?<!\d|\d-)(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})(-\d{1,2})?(?!\d|-\d)/g;
const URL_HOST = /\b([a-z][a-z0-9+.-]{1,20}:\/\/)((?:[^\s/"'@:]{1,100}(?::[^\s/"'@]{1,200})?@)?)([a-z0-9.-]{1,253})/gi;

export interface Pseudonyms {
  readonly text: (text: string) => string;
  /** Of a value that is secret, whatever it looks like. */
  readonly secret: (value: string) => string;
}

export function createPseudonyms(key: Buffer, hosts: Iterable<string>): Pseudonyms {
  const hash = (kind: string, value: string): string =>
    `${kind}-${createHmac("sha256", key).update(`${kind}:${value}`).digest("hex").slice(0, 12)}`;
  const address = addressRenamer(key);
  const named = hostPattern(hosts);
  const host = (name: string): string =>
    PUBLIC_HOSTS.test(name) || /^[\d.]+$/.test(name) ? name : hash("host", name.toLowerCase());
  const text = (original: string): string => {
    const safe = original
      .replaceAll(PEM, (found) => hash("pem", found.replaceAll(/\s|\\n/g, "")))
      .replaceAll(JWT, (found) => hash("token", found))
      .replaceAll(
        NAMED,
        (_, name: string, between: string, value: string) => `${name}${between}${hash("secret", value)}`,
      )
      .replaceAll(BLOB, (found) => (isName(found) ? found : hash("blob", found)))
      .replaceAll(HEX, (found) => hash("hex", found))
      .replaceAll(
        URL_HOST,
        (_, scheme: string, user: string, name: string) =>
          `${scheme}${user === "" ? "" : `${hash("user", user)}@`}${host(name)}`,
      );
    const withHosts = named === undefined ? safe : safe.replaceAll(named, (found) => hash("host", found.toLowerCase()));
    return withHosts
      .replaceAll(MAC, (found) => hash("mac", found.toLowerCase()))
      .replaceAll(IPV6, (found) => (isTellingIpv6(found) ? hash("ipv6", found.toLowerCase()) : found))
      .replaceAll(DASHED, (_, a: string, b: string, c: string, d: string, length: string | undefined) =>
        dashed(address, `${a}.${b}.${c}.${d}`, length),
      )
      .replaceAll(IPV4, (_, ip: string, prefix: string | undefined) =>
        prefix === undefined ? address(ip) : renameCidr(address, ip, Number(prefix)),
      );
  };
  return { text, secret: (value) => hash("secret", value) };
}

/** Names of objects have no upper case; what is of three kinds of characters is chance or a key. */
function isName(text: string): boolean {
  return !(/[A-Z]/.test(text) && /[a-z]/.test(text) && /\d/.test(text));
}

function isTellingIpv6(text: string): boolean {
  return isIPv6(text) && !["::", "::1"].includes(text);
}

function dashed(address: (text: string) => string, ip: string, length: string | undefined): string {
  const renamed = length === undefined ? address(ip) : renameCidr(address, ip, Number(length.slice(1)));
  return renamed.replaceAll(/[./]/g, "-");
}

/** Longer names first: one may begin with another. A letter or digit beside it makes another word of it. */
function hostPattern(hosts: Iterable<string>): RegExp | undefined {
  const names = [...new Set([...hosts].map((name) => name.toLowerCase()))]
    .filter((name) => name.length >= SHORTEST_HOST && !PUBLIC_HOSTS.test(name) && !/^[\d.:]+$/.test(name))
    .sort((a, b) => b.length - a.length);
  if (names.length === 0) return undefined;
  const escaped = names.map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`(?<![a-z0-9])(?:${escaped.join("|")})(?![a-z0-9])`, "gi");
}
