import assert from "node:assert/strict";
import { test } from "node:test";
import { failure, StatusError, type StatusReason } from "#machinery/status-error.ts";
import { CliError, formatError } from "./errors.ts";

const refusal = (reason: StatusReason, message: string, cause?: Error) =>
  new StatusError(failure(500, reason, message).status, { server: "https://milan:6443", cause });

for (const [what, error, shown] of [
  ["a mistake of the user", new CliError("no", { hint: "yes" }), "error: no\n  yes\n"],
  ["one without advice", new CliError("no", { cause: new Error("hidden") }), "error: no\n"],
  ["a fault of ours, with its cause", new Error("a", { cause: new Error("b") }), "error: a: b\n"],
  [
    "credentials that are not accepted",
    refusal("Unauthorized", "Unauthorized"),
    "error: the API server https://milan:6443 does not accept these credentials\n  check the user of the kubeconfig, and whether its certificate or token has expired\n",
  ],
  [
    "rights that are missing",
    refusal("Forbidden", 'pods is forbidden: User "x" cannot list'),
    'error: missing rights on https://milan:6443: pods is forbidden: User "x" cannot list\n  use the kubeconfig of an administrator\n',
  ],
  ["what admission forbids", refusal("Forbidden", "exceeded quota"), "error: exceeded quota\n"],
  [
    "a server that is not reached",
    refusal("ServiceUnavailable", "cannot reach it", new Error("connect ECONNREFUSED")),
    "error: cannot reach it: connect ECONNREFUSED\n  check the server in the kubeconfig, and the network on the way to it\n",
  ],
  ["a server that says it is not available", refusal("ServiceUnavailable", "starting"), "error: starting\n"],
] as const) {
  test(`${what} is told in a user's words`, () => assert.equal(formatError(error), shown));
}
