/** Whatever a client sends: the answer may be a refusal, never an internal error. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { array, constantFrom, jsonValue, nat, oneof, record, sample, string, tuple } from "fast-check";
import { CREATABLE } from "#kit/creatable.ts";
import { startTestApiServer, type TestApiServer, type TestResponse } from "../../testing.ts";

const NAMESPACE = "/api/v1/namespaces/default";
const MAPS = `${NAMESPACE}/configmaps`;
/** What String() throws for: names that JavaScript means something by. */
const UNPRINTABLE = constantFrom<unknown>({ toString: "x" }, { toString: null, valueOf: 1 }, [{ toString: {} }]);
let server: TestApiServer;
before(async () => {
  server = await startTestApiServer();
});
after(() => server[Symbol.asyncDispose]());

function post(path: string, body: unknown, contentType = "application/json"): Promise<TestResponse> {
  return server.request("POST", path, { body, contentType });
}

/** Upstream's own 500s, such as those of faulty strategic merge patches, have no reason. */
function isOwnFault({ code, body }: TestResponse): boolean {
  return code >= 500 && body.reason === "InternalError";
}

/** Replaces or adds something at the n-th place of the object, counted depth first. */
function mutate(object: object, place: number, value: unknown): object {
  const copy = structuredClone(object);
  const places: (() => void)[] = [];
  const visit = (part: object): void => {
    for (const key of Object.keys(part)) {
      const owner = part as Record<string, unknown>;
      places.push(() => {
        owner[key] = value;
      });
      const child = owner[key];
      if (typeof child === "object" && child !== null) visit(child);
    }
  };
  visit(copy);
  places[place % places.length]?.();
  return copy;
}

test("whatever a field holds instead of what it should, the server finds no fault with itself", async () => {
  const odd = oneof(
    constantFrom<unknown>(
      null,
      [null],
      {},
      [],
      [[]],
      [{}],
      { a: null },
      { toString: "x" },
      "",
      0,
      -1,
      1.5,
      1e300,
      true,
      "\u0000",
      "9".repeat(1000),
    ),
    jsonValue({ maxDepth: 3 }),
    array(record({ name: string(), key: string(), value: jsonValue() }), { maxLength: 3 }),
  );
  for (const [place, value, which] of sample(tuple(nat(200), odd, nat(CREATABLE.length - 1)), { numRuns: 400 })) {
    const [path, object] = CREATABLE[which] ?? ["", {}];
    const body = mutate(object, place, value);
    const answer = await post(path, body);
    assert.ok(!isOwnFault(answer), `${path}\n${JSON.stringify(body)}\n${answer.text}`);
  }
});

test("whatever bytes come, of whatever media type, the server finds no fault with itself", async () => {
  const types = constantFrom("application/json", "application/yaml", "application/vnd.kubernetes.protobuf");
  const bodies = oneof(
    string({ unit: "binary" }),
    jsonValue().map((value) => JSON.stringify(value)),
    string().map((text) => `k8s\0${text}`),
  );
  for (const [type, body] of sample(tuple(types, bodies), { numRuns: 150 })) {
    const answer = await post(MAPS, body, type);
    assert.ok(!isOwnFault(answer), `${type} ${JSON.stringify(body)}\n${answer.text}`);
  }
});

test("whatever the query says, the server finds no fault with itself", async () => {
  const names = constantFrom(
    "labelSelector",
    "fieldSelector",
    "limit",
    "continue",
    "resourceVersion",
    "resourceVersionMatch",
    "timeoutSeconds",
    "fieldValidation",
    "dryRun",
    "pretty",
    "allowWatchBookmarks",
    "sendInitialEvents",
    "propagationPolicy",
  );
  const values = oneof(
    string(),
    string({ unit: constantFrom(..."=!,() in%&\u0000ab") }),
    constantFrom("-1", "1e99", "eyJ2IjoibWV0YSJ9", "bnVsbA", "W10", "9".repeat(400)),
  );
  for (const [name, value] of sample(tuple(names, values), { numRuns: 200 })) {
    const answer = await server.request("GET", `${NAMESPACE}/secrets?${name}=${encodeURIComponent(value)}`);
    assert.ok(!isOwnFault(answer), `${name}=${JSON.stringify(value)}\n${answer.text}`);
  }
});

test("patches of every form are refused as patches", async () => {
  await post(MAPS, { metadata: { name: "patched" }, data: { a: "b" } });
  const types = constantFrom(
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
  );
  const operation = record({
    op: oneof(constantFrom<unknown>("add", "remove", "replace", "move", "copy", "test", "x"), UNPRINTABLE),
    path: oneof(string(), constantFrom("", "/", "/data", "/data/a", "/metadata/labels/-", "/data/~", "/metadata/name")),
    from: constantFrom("/data", "/metadata", "x"),
    value: jsonValue(),
  });
  const patches = oneof(
    array(operation, { maxLength: 3 }),
    record({ metadata: jsonValue(), data: jsonValue(), $patch: oneof(jsonValue(), UNPRINTABLE) }, { requiredKeys: [] }),
    jsonValue(),
  );
  for (const [contentType, body] of sample(tuple(types, patches), { numRuns: 250 })) {
    const answer = await server.request("PATCH", `${MAPS}/patched`, { body: JSON.stringify(body), contentType });
    assert.ok(!isOwnFault(answer), `${contentType} ${JSON.stringify(body)}\n${answer.text}`);
  }
});
