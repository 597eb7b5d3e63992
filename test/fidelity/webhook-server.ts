/** The admission webhooks that both API servers call: what they answer is chosen by the path. */
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Keys } from "./server.ts";

interface Review {
  readonly request: { readonly uid: string };
}

const PATCH = [{ op: "add", path: "/metadata/labels", value: { mutated: "yes" } }];
const ANSWERS: Readonly<Record<string, object>> = {
  "/mutate": { allowed: true, patchType: "JSONPatch", patch: Buffer.from(JSON.stringify(PATCH)).toString("base64") },
  "/bad-patch": { allowed: true, patchType: "JSONPatch", patch: Buffer.from("{").toString("base64") },
  "/deny": { allowed: false },
  "/deny-reason": { allowed: false, status: { code: 409, message: "not today", reason: "Conflict" } },
  "/warn": { allowed: true, warnings: ["be careful"] },
  "/other-uid": { allowed: true, uid: "other" },
};

/** Returns its port and how to close it. `/slow` never answers, `/broken` answers with no review, `/error` with 500. */
export async function startWebhookServer({ serving }: Keys): Promise<{ port: number } & Disposable> {
  const server = createServer({ cert: serving.certificate, key: serving.privateKey }, (request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    request.on("end", () => {
      const path = (request.url ?? "").replace(/\?.*/, "");
      if (path === "/slow") return;
      const { uid } = (JSON.parse(text) as Review).request;
      const answer = {
        apiVersion: "admission.k8s.io/v1",
        kind: "AdmissionReview",
        response: { uid, ...ANSWERS[path] },
      };
      response.writeHead(path === "/error" ? 500 : 200, { "content-type": "application/json" });
      response.end(path === "/broken" ? "{}" : path === "/error" ? "out of order" : JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.dispose]: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
