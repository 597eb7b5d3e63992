/** The pods of cluster DNS, as kubeadm and nearly all others have them. Kubernetes: cluster/addons/dns/coredns */
export const DNS = { namespace: "kube-system", labels: { "k8s-app": "kube-dns" } } as const;
