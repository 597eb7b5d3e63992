/** Which user a container runs as. Kubernetes: pkg/kubelet/kuberuntime/security_context.go, OCI: image config "User" */
import type { Pod, SecurityContext } from "kubernetes-types/core/v1";
import type { Image } from "../image.ts";

export interface ContainerUser {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
}

export type UserDecision = { readonly user: ContainerUser } | { readonly refused: string };

/** `refused` carries the kubelet's own words for images that would run as root against runAsNonRoot. */
export function decideUser(
  pod: Pod,
  context: SecurityContext | undefined,
  container: string,
  image: Image,
): UserDecision {
  const podContext = pod.spec?.securityContext;
  const fromImage = imageUser(image);
  const uid = context?.runAsUser ?? podContext?.runAsUser ?? fromImage.uid;
  const gid =
    context?.runAsGroup ?? podContext?.runAsGroup ?? (uid === fromImage.uid ? fromImage.gid : groupOf(image, uid));
  const nonRoot = context?.runAsNonRoot ?? podContext?.runAsNonRoot ?? false;
  if (nonRoot && uid === 0) return { refused: refusal(pod, context, container) };
  const extra = [
    ...(podContext?.supplementalGroups ?? []),
    ...(podContext?.fsGroup === undefined ? [] : [podContext.fsGroup]),
  ];
  return { user: { uid, gid, additionalGids: [...new Set(extra)] } };
}

function refusal(pod: Pod, context: SecurityContext | undefined, container: string): string {
  const asked = context?.runAsUser ?? pod.spec?.securityContext?.runAsUser;
  const where = `(pod: "${pod.metadata?.name}_${pod.metadata?.namespace}(${pod.metadata?.uid})", container: ${container})`;
  return asked === undefined
    ? `container has runAsNonRoot and image will run as root ${where}`
    : `container's runAsUser breaks non-root policy ${where}`;
}

function imageUser(image: Image): { uid: number; gid: number } {
  const [user = "", group] = image.user.split(":");
  if (user === "") return { uid: 0, gid: 0 };
  const entry = lines(image, "/etc/passwd").find(([name, , uid]) => name === user || uid === user);
  const uid = /^\d+$/.test(user) ? Number(user) : Number(entry?.[2] ?? 0);
  if (group === undefined || group === "") return { uid, gid: Number(entry?.[3] ?? 0) };
  const found = lines(image, "/etc/group").find(([name]) => name === group);
  return { uid, gid: /^\d+$/.test(group) ? Number(group) : Number(found?.[2] ?? 0) };
}

function groupOf(image: Image, uid: number): number {
  return Number(lines(image, "/etc/passwd").find((fields) => fields[2] === String(uid))?.[3] ?? 0);
}

function lines(image: Image, path: string): string[][] {
  const content = image.root.files.find((file) => file.path === path)?.content ?? "";
  return content.split("\n").map((line) => line.split(":"));
}
