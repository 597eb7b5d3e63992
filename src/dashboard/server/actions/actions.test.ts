import assert from "node:assert/strict";
import { test } from "node:test";
import type { Action } from "../../model/protocol.ts";
import { Refusal } from "../http/answers.ts";
import { commandOf } from "./command.ts";
import { parseActionRequest } from "./parse.ts";

const POD = "pod/milan/shop/web-1";

const commandFor = (request: Action): string => {
  const { request: read, parsed } = parseActionRequest(JSON.stringify({ request, plan: true }));
  return commandOf(read, parsed, "rome");
};

for (const [request, command] of [
  [{ action: "delete-pod", key: POD }, "kubectl --context milan -n shop delete pod web-1"],
  [{ action: "cordon", key: "node/milan//worker-1" }, "kubectl --context milan cordon worker-1"],
  [{ action: "uncordon", key: "node/milan//worker-1" }, "kubectl --context milan uncordon worker-1"],
  [
    { action: "scale", key: "workload/milan/shop/Deployment%2Fweb", replicas: 3 },
    "kubectl --context milan -n shop scale deployment/web --replicas=3",
  ],
  [{ action: "offload", key: "namespace/milan//shop" }, "liqoctl offload namespace shop --context milan"],
  [{ action: "unoffload", key: "namespace/milan//shop" }, "liqoctl unoffload namespace shop --context milan"],
  [{ action: "cut", key: "peering/milan//rome-id" }, "liqoctl playground cut milan rome"],
  [{ action: "heal", key: "peering/milan//rome-id" }, "liqoctl playground heal milan rome"],
  [{ action: "stop-cluster", key: "cluster/rome//" }, "liqoctl playground stop rome"],
  [{ action: "start-cluster", key: "cluster/rome//" }, "liqoctl playground start rome"],
  [
    { action: "delete-pod", key: "pod/it's%20%24(mine)/shop/web-1" },
    "kubectl --context 'it'\\''s $(mine)' -n shop delete pod web-1",
  ],
] as const) {
  test(`${request.action}: ${command}`, () => assert.equal(commandFor(request), command));
}

for (const [body, message] of [
  ["", /no JSON/],
  ["[]", /the body must be an object/],
  ['{"request":{}}', /plan must be/],
  [{ plan: true, request: null }, /request must be an object/],
  [{ plan: true, request: { action: "drop-database", key: POD } }, /request.action must be one of/],
  [{ plan: true, request: { action: "constructor", key: POD } }, /request.action must be one of/],
  [{ plan: true, request: { action: "cordon", key: POD } }, /key of a node/],
  [{ plan: true, request: { action: "delete-pod", key: 7 } }, /key of a pod/],
  [{ plan: true, request: { action: "scale", key: "workload/milan/shop/Deployment%2Fweb" } }, /request.replicas/],
  [
    { plan: true, request: { action: "scale", key: "workload/milan/shop/Deployment%2Fweb", replicas: -1 } },
    /request.replicas/,
  ],
  [
    { plan: true, request: { action: "scale", key: "workload/milan/shop/Deployment%2Fweb", replicas: 1e9 } },
    /request.replicas/,
  ],
] as const) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  test(`refused: ${text}`, () => {
    assert.throws(
      () => parseActionRequest(text),
      (error) => error instanceof Refusal && error.status === 400 && message.test(error.message),
    );
  });
}
