/** Volume attachments. Kubernetes: pkg/registry/storage/volumeattachment, pkg/apis/storage/validation */
import type { VolumeAttachment } from "kubernetes-types/storage/v1";
import { volumeAttachments } from "#machinery/builtin.ts";
import { invalid } from "#machinery/field-error.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";

export const volumeAttachmentStrategy = anyStrategy<VolumeAttachment>({
  resource: volumeAttachments,
  singular: "volumeattachment",
  status: true,
  statusOnly: true,
  generation: false,
  empty: { status: { attached: false } },
  validateUpdate: ({ spec }, previous) => {
    if (jsonEquals(spec, previous.spec)) return [];
    const { persistentVolumeName = null, inlineVolumeSpec = null } = spec.source ?? {};
    const source = { PersistentVolumeName: persistentVolumeName, InlineVolumeSpec: inlineVolumeSpec };
    const shown = { Attacher: spec.attacher, Source: source, NodeName: spec.nodeName };
    return [invalid("spec", shown, "field is immutable")];
  },
  table: table<VolumeAttachment>([
    { name: "Attacher", format: "name", value: ({ spec }) => spec?.attacher },
    { name: "PV", value: ({ spec }) => spec?.source.persistentVolumeName ?? "" },
    { name: "Node", value: ({ spec }) => spec?.nodeName },
    { name: "Attached", type: "boolean", value: ({ status }) => status?.attached ?? false },
    age(),
  ]),
});
