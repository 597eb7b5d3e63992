import assert from "node:assert/strict";
import { test } from "node:test";
import { createCa } from "#pki/certificate.ts";
import { base64 } from "../authentication.ts";
import { authParamsProblem } from "./auth-params.ts";

const { certificate } = await createCa("rome");
const ca = base64(certificate);
const good = { apiServer: "https://rome.example.com:6443", ca, signedCRT: ca };

for (const [name, params, problem] of [
  ["nothing yet", undefined, undefined],
  ["a URL, a CA and a certificate", good, undefined],
  ["a bundle", { ...good, ca: base64(`${certificate}\n# next\n${certificate}`) }, undefined],
  ["the system's roots", { apiServer: good.apiServer, signedCRT: ca }, undefined],
  ["a proxy", { ...good, proxyURL: "http://10.70.0.3:8118" }, undefined],
  ["no encryption", { ...good, apiServer: "http://rome.example.com" }, /^authParams\.apiServer/],
  ["a file", { ...good, apiServer: "file:///etc/passwd" }, /^authParams\.apiServer/],
  ["credentials", { ...good, apiServer: "https://user:pass@rome" }, /^authParams\.apiServer/],
  ["no URL", { ...good, apiServer: "rome" }, /^authParams\.apiServer/],
  ["a proxy that speaks something else", { ...good, proxyURL: "https://10.70.0.3" }, /^authParams\.proxyURL/],
  ["credentials for the proxy", { ...good, proxyURL: "http://a:b@10.70.0.3" }, /^authParams\.proxyURL/],
  ["a proxy that is none", { ...good, proxyURL: "file:///x" }, /^authParams\.proxyURL/],
  ["a CA that is none", { ...good, ca: base64("hello") }, /^authParams\.ca/],
  ["a CA with junk in it", { ...good, ca: base64(certificate.replace("MI", "XX")) }, /^authParams\.ca/],
  ["a certificate that is none", { ...good, signedCRT: base64("hello") }, /^authParams\.signedCRT/],
  ["a megabyte", { ...good, ca: base64("x".repeat(1 << 20)) }, /at most 65536 are allowed/],
] as const) {
  test(name, () => {
    const found = authParamsProblem(params);
    if (problem === undefined) assert.equal(found, undefined);
    else assert.match(found ?? "", problem);
  });
}
