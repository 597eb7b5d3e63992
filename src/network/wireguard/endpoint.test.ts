import assert from "node:assert/strict";
import { test } from "node:test";
import { steppedClock } from "#kit/stepped-clock.ts";
import { EndpointResolver } from "./endpoint.ts";

const HOUR_MS = 3_600_000;

test("an address is taken as it is", async () => {
  const lookup = () => assert.fail("asked");
  const resolver = new EndpointResolver(
    { address: "192.0.2.1", port: 7 },
    { intervalMs: 1, clock: steppedClock(), lookup },
  );
  assert.equal(await resolver.resolve(), "192.0.2.1:7");
});

test("a name is asked of the machine's resolver, for an IPv4 address", async () => {
  const resolver = new EndpointResolver({ address: "localhost", port: 7 }, { intervalMs: 1, clock: steppedClock() });
  assert.equal(await resolver.resolve(), "127.0.0.1:7");
});

test("a name that never had an address is told, and asked for again", async () => {
  const answers = [Promise.reject(new Error("NXDOMAIN")), Promise.resolve("192.0.2.1")];
  const lookup = async (name: string): Promise<string> => {
    assert.equal(name, "gw.example.org");
    return answers.shift() ?? assert.fail("asked once more");
  };
  const clock = steppedClock();
  const resolver = new EndpointResolver({ address: "gw.example.org", port: 7 }, { intervalMs: 1, clock, lookup });
  await assert.rejects(resolver.resolve(), { message: 'resolve the gateway server "gw.example.org"' });
  assert.equal(await resolver.resolve(), "192.0.2.1:7");
});

test("the answer is believed for five seconds in the first ten minutes, then as long as the flag says", async () => {
  let asked = 0;
  const lookup = async (): Promise<string> => `192.0.2.${++asked}`;
  const clock = steppedClock();
  const resolver = new EndpointResolver({ address: "gw", port: 7 }, { intervalMs: HOUR_MS, clock, lookup });
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
  const resolver = new EndpointResolver({ address: "gw", port: 7 }, { intervalMs: 1_000, clock: steppedClock() });
  assert.equal(resolver.intervalMs, 1_000);
});
