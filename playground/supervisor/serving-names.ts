/** Names and addresses that an API server's certificate is valid for. Kubernetes: kubeadm's app/util/pkiutil (GetAPIServerAltNames) */
import { mustParseCidr, nthAddress } from "#base/cidr.ts";

/** `address` is where the server listens; pods reach it at the first address of the Service CIDR. */
export function apiServerNames(address: string, serviceCidr: string): string[] {
  return [
    "localhost",
    "127.0.0.1",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
    address,
    nthAddress(mustParseCidr(serviceCidr), 1),
  ];
}
