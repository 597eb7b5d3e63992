import assert from "node:assert/strict";
import { test } from "node:test";
import { base64 } from "#forge/authentication.ts";
import { createCa, issueCertificate } from "#pki/certificate.ts";
import { run } from "../check.ts";
import { cluster } from "../testing/cluster.ts";
import { peering } from "./peering.ts";

const DAY_MS = 24 * 3_600_000;
const CA = await createCa("rome");

/** Of milan at rome, issued for a year. */
async function certificateEnding(ends: Date) {
  const subject = { commonName: "milan", organizations: [] };
  const notBefore = new Date(ends.getTime() - 365 * DAY_MS);
  const issued = await issueCertificate(CA, { subject, usages: ["client"], notBefore, notAfter: ends });
  return { apiServer: "https://rome", signedCRT: base64(issued.certificate) };
}

for (const [inDays, result, found] of [
  [300, "ok", /in 300 days/],
  [95, "ok", /in 95 days/],
  [60, "warning", /ControlPlane controlplane-rome ends .*in 60 days/],
  [-1, "failed", /\(ended\)/],
] as const)
  test(`a certificate of a year that ends in ${inDays} days: ${result}`, async () => {
    const milan = cluster("milan", "rome", "");
    const authParams = await certificateEnding(new Date(milan.nowMs + inDays * DAY_MS));
    const identity = {
      metadata: { name: "controlplane-rome", labels: { "liqo.io/remote-cluster-id": "rome" } },
      spec: { clusterID: "rome", type: "ControlPlane" as const, authParams },
    };
    const certified = { identities: [identity], tenants: [], slices: [] };
    const [peer] = milan.liqo.peerings;
    assert.ok(peer !== undefined);
    const facts = { cluster: { ...milan, liqo: { ...milan.liqo, certified } }, peer };
    const { checks } = run(peering("rome"), "milan", facts);
    const finding = checks.find(({ says }) => says === "certificates last")?.finding;
    assert.equal(finding?.result, result);
    assert.match(finding?.found ?? "", found);
  });
