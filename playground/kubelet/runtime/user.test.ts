import assert from "node:assert/strict";
import { test } from "node:test";
import { image } from "./testing/image.ts";
import { decideUser } from "./user.ts";

test("users come from the container, the pod or the image, and root is refused where it must be", () => {
  const decide = (pod: object, context: object | undefined, user: string) =>
    decideUser(
      { metadata: { name: "p", namespace: "n", uid: "u" }, spec: { containers: [], securityContext: pod } },
      context,
      "c",
      { ...image, user },
    );
  assert.deepEqual(decide({}, undefined, "web"), { user: { uid: 33, gid: 44, additionalGids: [] } });
  assert.deepEqual(decide({}, undefined, "web:staff"), { user: { uid: 33, gid: 50, additionalGids: [] } });
  assert.deepEqual(decide({ runAsUser: 5, fsGroup: 7 }, { runAsGroup: 6 }, ""), {
    user: { uid: 5, gid: 6, additionalGids: [7] },
  });
  assert.deepEqual(decide({ runAsNonRoot: true }, undefined, ""), {
    refused: 'container has runAsNonRoot and image will run as root (pod: "p_n(u)", container: c)',
  });
});
