/** Where the kubelet of a node listens. Kubernetes: pkg/kubelet/client/kubelet_client.go, pkg/util/node/node.go */
import type { Node } from "kubernetes-types/core/v1";
import { nodes } from "#machinery/builtin.ts";
import { badRequest, notFound } from "#machinery/status-error.ts";
import type { ObjectReader } from "../request.ts";

/** A backend that requests are handed on to. */
export interface Backend {
  readonly protocol: "http:" | "https:";
  readonly host: string;
  readonly port: number;
  /** TLS parameters: the identity shown and the authority trusted. */
  readonly tls?: BackendTls;
}

export interface BackendTls {
  readonly cert?: string;
  readonly key?: string;
  /** Absent: the server's certificate is not checked, as without --kubelet-certificate-authority. */
  readonly ca?: string;
}

const KUBELET_PORT = 10250;
/** kubeadm's --kubelet-preferred-address-types. */
const PREFERRED = ["InternalIP", "ExternalIP", "Hostname"];

export function kubeletOf(reader: ObjectReader, nodeName: string, tls: BackendTls): Backend {
  const node = reader.get(nodes, "", nodeName);
  if (node === undefined) throw notFound(nodes, nodeName);
  const { Port } = node.status?.daemonEndpoints?.kubeletEndpoint ?? {};
  return { protocol: "https:", host: addressOf(node), port: Port || KUBELET_PORT, tls };
}

function addressOf(node: Node): string {
  const addresses = node.status?.addresses ?? [];
  for (const type of PREFERRED) {
    const found = addresses.find((address) => address.type === type && address.address !== "");
    if (found !== undefined) return found.address;
  }
  const known = addresses.map(({ type, address }) => `{${type} ${address}}`).join(" ");
  throw badRequest(`no preferred addresses found; known addresses: [${known}]`);
}
