import assert from "node:assert/strict";
import { test } from "node:test";
import { base64 } from "#forge/authentication.ts";
import { createCa, issueCertificate } from "#pki/certificate.ts";
import { isNewer } from "./newer.ts";

const before = await certificateOf("2026-01-01T00:00:00Z");
const after = await certificateOf("2026-01-01T00:00:01Z");

const CASES: readonly (readonly [string, string, string | undefined, boolean])[] = [
  ["the first one", after, undefined, true],
  ["the first one, where an empty text stands", after, "", true],
  ["a later one", after, before, true],
  ["the same", after, after, false],
  ["an earlier one: of the provider as it was before it was installed anew", before, after, false],
  ["none", "", before, false],
];

for (const [what, offered, present, expected] of CASES) {
  test(`${what} is ${expected ? "" : "not "}taken`, () => {
    const own = present === undefined ? undefined : { apiServer: "https://rome.test", signedCRT: present };
    assert.equal(isNewer({ apiServer: "https://rome.test", signedCRT: offered }, own), expected);
  });
}

async function certificateOf(notBefore: string): Promise<string> {
  const subject = { commonName: "milan", organizations: ["liqo.io"] };
  const request = { subject, usages: ["client" as const], notBefore: new Date(notBefore) };
  return base64((await issueCertificate(await createCa(notBefore), request)).certificate);
}
