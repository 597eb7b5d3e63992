/** Cart service: one Redis hash per user, product to quantity. */
import { Code, ConnectError } from "@connectrpc/connect";
import { CartService } from "../gen/hipstershop_pb.ts";
import { required, serve } from "../rpc/process.ts";
import { RedisClient } from "./redis.ts";

const redis = new RedisClient(required("REDIS_ADDR"));
const keyOf = (userId: string): string => `cart:${userId}`;

async function command(...args: readonly string[]) {
  try {
    return await redis.command(...args);
  } catch (cause) {
    throw new ConnectError(
      `Can't access cart storage. ${cause instanceof Error ? cause.message : ""}`,
      Code.FailedPrecondition,
      undefined,
      undefined,
      cause,
    );
  }
}

await serve("cartservice", 7070, (router) => {
  router.service(CartService, {
    addItem: async ({ userId, item }) => {
      if (item !== undefined) await command("HINCRBY", keyOf(userId), item.productId, String(item.quantity));
      return {};
    },
    getCart: async ({ userId }) => {
      const reply = await command("HGETALL", keyOf(userId));
      const flat = Array.isArray(reply) ? reply.map(String) : [];
      const items = flat.flatMap((productId, i) => (i % 2 === 0 ? [{ productId, quantity: Number(flat[i + 1]) }] : []));
      return { userId, items };
    },
    emptyCart: async ({ userId }) => {
      await command("DEL", keyOf(userId));
      return {};
    },
  });
});
