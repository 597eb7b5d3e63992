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
  const asked = context?.runAsUser ?? podContext?.runAsUser;
  const nonRoot = context?.runAsNonRoot ?? podContext?.runAsNonRoot ?? false;
  const [name = ""] = image.user.split(":");
  if (asked === undefined && nonRoot && /^\D/.test(name))
    return {
      refused: `container has runAsNonRoot and image has non-numeric user (${name}), cannot verify user is non-root ${placeOf(pod, container)}`,
    };
  const fromImage = imageUser(image);
  if (asked === undefined && fromImage === undefined)
    return { refused: `the image's user is "${image.user}", which its /etc/passwd and /etc/group do not know` };
  const uid = asked ?? fromImage?.uid ?? 0;
  const gid =
    context?.runAsGroup ?? podContext?.runAsGroup ?? (uid === fromImage?.uid ? fromImage.gid : groupOf(image, uid));
  if (nonRoot && uid === 0) return { refused: refusal(pod, context, container) };
  const extra = [
    ...groupsOf(image, uid),
    ...(podContext?.supplementalGroups ?? []),
    ...(podContext?.fsGroup === undefined ? [] : [podContext.fsGroup]),
  ];
  return { user: { uid, gid, additionalGids: [...new Set(extra)] } };
}

/** Those that the image's /etc/group counts the user among. Kubernetes: supplementalGroupsPolicy Merge */
function groupsOf(image: Image, uid: number): number[] {
  const name = lines(image, "passwd").find((fields) => fields[2] === String(uid))?.[0];
  if (name === undefined || name === "") return [];
  return lines(image, "group")
    .filter(([, , , members = ""]) => members.split(",").includes(name))
    .flatMap((fields) => idOf(fields[2]) ?? []);
}

function refusal(pod: Pod, context: SecurityContext | undefined, container: string): string {
  const asked = context?.runAsUser ?? pod.spec?.securityContext?.runAsUser;
  const where = placeOf(pod, container);
  return asked === undefined
    ? `container has runAsNonRoot and image will run as root ${where}`
    : `container's runAsUser breaks non-root policy ${where}`;
}

function placeOf({ metadata }: Pod, container: string): string {
  return `(pod: "${metadata?.name}_${metadata?.namespace}(${metadata?.uid})", container: ${container})`;
}

/** Undefined when the image names somebody whom it does not know: root is nobody's default then. */
function imageUser(image: Image): { uid: number; gid: number } | undefined {
  const [user = "", group] = image.user.split(":");
  if (user === "") return { uid: 0, gid: 0 };
  const entry = lines(image, "passwd").find(([name, , uid]) => name === user || uid === user);
  const uid = idOf(user) ?? idOf(entry?.[2]);
  if (uid === undefined) return undefined;
  if (group === undefined || group === "") return { uid, gid: idOf(entry?.[3]) ?? 0 };
  const gid = idOf(group) ?? idOf(lines(image, "group").find(([name]) => name === group)?.[2]);
  return gid === undefined ? undefined : { uid, gid };
}

function groupOf(image: Image, uid: number): number {
  return idOf(lines(image, "passwd").find((fields) => fields[2] === String(uid))?.[3]) ?? 0;
}

/** The kernel's ids have 32 bits, and the last means none. */
function idOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) && Number(text) < 2 ** 32 - 1 ? Number(text) : undefined;
}

function lines(image: Image, file: keyof Image["accounts"]): string[][] {
  return image.accounts[file].split("\n").map((line) => line.split(":"));
}
