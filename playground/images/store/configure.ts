/** How `liqoctl playground create` says where images come from and how much of the disk they may have. */
import { X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "#base/errors.ts";
import { placesOf } from "./places.ts";
import { type ImageSettings, readSettings } from "./settings.ts";

export interface ImageOptions {
  /** Files with certificates in PEM, trusted beside the machine's. None: as it was. */
  readonly registryCa: readonly string[];
  /** A registries.conf: mirrors, short names, registries without TLS. Absent: as it was. */
  readonly registries?: string | undefined;
  readonly mostBytes?: number | undefined;
  readonly mostAgeMs?: number | undefined;
  readonly progressTimeoutMs?: number | undefined;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** Throws when a file is not what it should be, before anything is written. */
export function configureImages(root: string, options: ImageOptions): void {
  const places = placesOf(root);
  const certificates = options.registryCa.map(readCertificates);
  const registries = options.registries === undefined ? undefined : readFileSync(options.registries);
  const { mostBytes, mostAgeMs, progressTimeoutMs } = options;
  const settings: Partial<ImageSettings> = {
    ...(mostBytes !== undefined && { mostBytes }),
    ...(mostAgeMs !== undefined && { mostAgeMs }),
    ...(progressTimeoutMs !== undefined && { progressTimeoutMs }),
  };
  if (certificates.length === 0 && registries === undefined && Object.keys(settings).length === 0) return;
  mkdirSync(root, { recursive: true, mode: 0o700 });
  if (certificates.length > 0) {
    rmSync(places.ca, { recursive: true, force: true });
    mkdirSync(places.ca);
    for (const [at, text] of certificates.entries()) writeFileSync(join(places.ca, `${at}.crt`), text);
  }
  if (registries !== undefined) writeFileSync(places.registries, registries);
  if (Object.keys(settings).length > 0)
    writeFileSync(places.settings, JSON.stringify({ ...readSettings(places), ...settings }));
}

function readCertificates(path: string): string {
  const found = readFileSync(path, "utf8").match(CERTIFICATE) ?? [];
  if (found.length === 0) throw new Error(`${path}: has no certificate in PEM`);
  try {
    for (const certificate of found) new X509Certificate(certificate);
  } catch (cause) {
    throw new Error(`${path}: a certificate cannot be read: ${messageOf(cause)}`, { cause });
  }
  return `${found.join("\n")}\n`;
}
