import assert from "node:assert/strict";
import { test } from "node:test";
import { steppedClock } from "#kit/stepped-clock.ts";
import { EndpointResolver } from "./endpoint.ts";

const HOUR_MS = 3_600_000;

test("an address is taken as it is", async () => {
  const lookup = () => assert.fail("asked");
  const resolver = new EndpointResolver(
    { addresses: ["192.0.2.1"], port: 7 },
    { intervalMs: 1, clock: steppedClock(), lookup },
  );
  assert.equal(await resolver.resolve(), "192.0.2.1:7");
});

test("a name is asked of the machine's resolver, for an IPv4 address", async () => {
  const resolver = new EndpointResolver(
    { addresses: ["localhost"], port: 7 },
    { intervalMs: 1, clock: steppedClock() },
  );
  assert.equal(await resolver.resolve(), "127.0.0.1:7");
});

test("a name that never had an address is told, and asked for again", async () => {
  const answers = [Promise.reject(new Error("NXDOMAIN")), Promise.resolve(["192.0.2.1"])];
  const lookup = async (name: string): Promise<readonly string[]> => {
    assert.equal(name, "gw.example.org");
    return answers.shift() ?? assert.fail("asked once more");
  };
  const clock = steppedClock();
  const resolver = new EndpointResolver({ addresses: ["gw.example.org"], port: 7 }, { intervalMs: 1, clock, lookup });
  await assert.rejects(resolver.resolve(), { message: 'resolve the gateway server "gw.example.org"' });
  assert.equal(await resolver.resolve(), "192.0.2.1:7");
});

test("the answer is believed for five seconds in the first ten minutes, then as long as the flag says", async () => {
  let asked = 0;
  const lookup = async (): Promise<readonly string[]> => [`192.0.2.${++asked}`];
  const clock = steppedClock();
  const resolver = new EndpointResolver({ addresses: ["gw"], port: 7 }, { intervalMs: HOUR_MS, clock, lookup });
  await resolver.resolve();
  assert.equal(resolver.intervalMs, 5_000);
  clock.step(4_999);
  assert.equal(await resolver.resolve(), "192.0.2.1:7");
  clock.step(1);
  assert.equal(await resolver.resolve(), "192.0.2.2:7");
  clock.step(10 * 60_000 - 5_001);
  assert.equal(resolver.intervalMs, 5_000);
  clock.step(1);
  assert.equal(resolver.intervalMs, HOUR_MS);
  clock.step(HOUR_MS - 600_000);
  assert.equal(await resolver.resolve(), "192.0.2.2:7");
  clock.step(HOUR_MS);
  assert.equal(await resolver.resolve(), "192.0.2.3:7");
});

test("a flag shorter than five seconds counts at once", () => {
  const resolver = new EndpointResolver({ addresses: ["gw"], port: 7 }, { intervalMs: 1_000, clock: steppedClock() });
  assert.equal(resolver.intervalMs, 1_000);
});

test("of several addresses the next is used when one does not answer, a name's all of them", async () => {
  const lookup = async (): Promise<readonly string[]> => ["192.0.2.2", "192.0.2.3"];
  const endpoint = { addresses: ["192.0.2.1", "gw.example.org"], port: 7 };
  const resolver = new EndpointResolver(endpoint, { intervalMs: HOUR_MS, clock: steppedClock(), lookup });
  assert.equal(resolver.current, undefined);
  const used: string[] = [];
  for (let i = 0; i < 4; i++) {
    used.push(await resolver.resolve(), await resolver.resolve());
    assert.equal(resolver.current, used.at(-1));
    resolver.advance();
  }
  assert.deepEqual(
    used,
    [1, 1, 2, 2, 3, 3, 1, 1].map((last) => `192.0.2.${last}:7`),
  );
});

test("an address that is in use stays so when the name's answers change their order", async () => {
  const answers = [["192.0.2.1", "192.0.2.2"], ["192.0.2.3", "192.0.2.2"], ["192.0.2.4"]];
  const lookup = async (): Promise<readonly string[]> => answers.shift() ?? assert.fail("asked once more");
  const clock = steppedClock();
  const resolver = new EndpointResolver({ addresses: ["gw"], port: 7 }, { intervalMs: 5_000, clock, lookup });
  await resolver.resolve();
  resolver.advance();
  assert.equal(await resolver.resolve(), "192.0.2.2:7");
  clock.step(5_000);
  assert.equal(await resolver.resolve(), "192.0.2.2:7");
  clock.step(5_000);
  assert.equal(await resolver.resolve(), "192.0.2.4:7");
});

test("a name without an address holds up no other address", async () => {
  const lookup = async (): Promise<readonly string[]> => Promise.reject(new Error("NXDOMAIN"));
  const endpoint = { addresses: ["gw.example.org", "192.0.2.1"], port: 7 };
  const resolver = new EndpointResolver(endpoint, { intervalMs: 1, clock: steppedClock(), lookup });
  assert.equal(await resolver.resolve(), "192.0.2.1:7");
});

test("a name is asked for again, and keeps its last address while DNS fails", async () => {
  const answers = ["192.0.2.1", new Error("SERVFAIL"), "192.0.2.2"];
  const lookup = async (): Promise<readonly string[]> => {
    const answer = answers.shift() ?? assert.fail("asked once more");
    if (answer instanceof Error) throw answer;
    return [answer];
  };
  const clock = steppedClock();
  const resolver = new EndpointResolver({ addresses: ["gw"], port: 7 }, { intervalMs: 300_000, lookup, clock });
  assert.equal(await resolver.resolve(), "192.0.2.1:7");
  clock.step(5_000);
  assert.equal(await resolver.resolve(), "192.0.2.1:7");
  assert.equal(await resolver.resolve(), "192.0.2.2:7");
});

test("the one that was found to answer is used, if it is one of them", async () => {
  const endpoint = { addresses: ["192.0.2.1", "192.0.2.2"], port: 7 };
  const resolver = new EndpointResolver(endpoint, { intervalMs: 1, clock: steppedClock() });
  await resolver.resolve();
  assert.deepEqual(resolver.candidates, ["192.0.2.1:7", "192.0.2.2:7"]);
  resolver.use("192.0.2.2:7");
  assert.equal(await resolver.resolve(), "192.0.2.2:7");
  resolver.use("192.0.2.3:7");
  assert.equal(resolver.current, "192.0.2.2:7");
});
