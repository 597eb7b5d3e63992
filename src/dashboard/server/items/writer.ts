/** Who wrote an object last, by its managedFields. */
import type { KubeObject, ManagedFieldsEntry, ObjectMeta } from "#machinery/meta.ts";

/** The last entry by its time; of several in one second that which stands last. Without the list of fields, which is large. */
function lastWrite({ metadata }: KubeObject): ManagedFieldsEntry | undefined {
  let last: ManagedFieldsEntry | undefined;
  for (const entry of metadata?.managedFields ?? []) if ((entry.time ?? "") >= (last?.time ?? "")) last = entry;
  if (last === undefined) return undefined;
  const { fieldsV1: _fields, ...rest } = last;
  return rest;
}

/** A second, which is all that managedFields tell, and what clocks may be apart. */
const RECENT_MS = 5_000;

/**
 * Who changed it; undefined where nobody can tell. Whoever takes its last field away leaves no entry: what stands last then
 * is an earlier write of somebody else.
 */
export function writerOf(object: KubeObject, previous: KubeObject | undefined, nowMs: number): string | undefined {
  const last = object.metadata?.managedFields?.[0];
  const before = previous?.metadata?.managedFields?.[0];
  const isSame = last?.manager === before?.manager && last?.time === before?.time;
  const isRecent = Date.parse(last?.time ?? "") > nowMs - RECENT_MS;
  return previous !== undefined && isSame && !isRecent ? undefined : last?.manager;
}

/** What items are made of; labels and annotations but those that `keeps` names are left out. */
export function trimMetadata(object: KubeObject, keeps: readonly string[] = []): ObjectMeta {
  const {
    managedFields: _managedFields,
    annotations,
    labels,
    generateName: _generateName,
    finalizers: _finalizers,
    ...rest
  } = object.metadata ?? {};
  const last = lastWrite(object);
  return {
    ...rest,
    ...only("labels", labels, keeps),
    ...only("annotations", annotations, keeps),
    ...(last !== undefined && { managedFields: [last] }),
  };
}

function only(
  field: "labels" | "annotations",
  values: Readonly<Record<string, string>> | undefined,
  keeps: readonly string[],
): Partial<ObjectMeta> {
  const kept = Object.entries(values ?? {}).filter(([name]) => keeps.includes(name));
  return kept.length === 0 ? {} : { [field]: Object.fromEntries(kept) };
}
