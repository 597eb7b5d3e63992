/** Bodies that are hard to read: quantities at and beyond their bounds, nulls, keys given twice, unknown fields without end; a request for too much. */
import { inNamespace, post, type Step } from "../step.ts";

const NAMESPACE = "/api/v1/namespaces/bounds";
const MAPS = `${NAMESPACE}/configmaps`;
const PODS = `${NAMESPACE}/pods`;
const YAML = { headers: { "content-type": "application/yaml" } };

const WRONG_QUANTITIES = ["1e3Ki", "1KiB", "1.1.1", "1ki", "1i", "1e", "1e99999999999999999999", "x", "0x1", "-1"];

function keys(count: number): object {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`unknown${i}`, ""]));
}

function named(name: string, more: object = {}): object {
  return { metadata: { name }, ...more };
}

const MAP = { apiVersion: "v1", kind: "ConfigMap" };

// openssl req -new -key key.pem -subj /O=people/O=system:masters/CN=eve | base64 -w0
const ADMINISTRATOR =
  "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIME1JR2FBZ0VBTURneER6QU5CZ05WQkFvTUJuQmxiM0JzWlRFWE1CVUdBMVVFQ2d3T2MzbHpkR1Z0T20xaApjM1JsY25NeEREQUtCZ05WQkFNTUEyVjJaVEJaTUJNR0J5cUdTTTQ5QWdFR0NDcUdTTTQ5QXdFSEEwSUFCTjJ1CnliL3FwUWFKUzZOblo4ZDJWYlFuSDdVWkJMZSs2VkIzTGU4OUVBdHQ5T1pGRXF3S1BVSFk1SjlxVzZyRU1iYW4KRVdkSndzOUJnU1k3K25aWWdxQ2dBREFLQmdncWhrak9QUVFEQWdOSkFEQkdBaUVBM1plcklDaEkzWWp2VVUvSwpwdFh2dHc3VDkxU3NlMTV6Umt1QStIU3VZNnNDSVFEWlhIeG8vZ0R5b1ZoS0tnRnVGWlgyaVdtNjZNWERHeWlpClYzRHZhUzRScHc9PQotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K";

export const boundSteps: readonly Step[] = [
  ...inNamespace("bounds"),
  post("a request by an administrator", "/apis/certificates.k8s.io/v1/certificatesigningrequests", {
    metadata: { name: "administrator" },
    spec: { request: ADMINISTRATOR, signerName: "kubernetes.io/kube-apiserver-client", usages: ["client auth"] },
  }),
  ...WRONG_QUANTITIES.map((cpu, i) =>
    post(
      `quantity ${cpu}`,
      PODS,
      named(`q${i}`, { spec: { containers: [{ name: "c", image: "i", resources: { requests: { cpu } } }] } }),
    ),
  ),
  post(
    "request above its limit",
    PODS,
    named("above", {
      spec: { containers: [{ name: "c", image: "i", resources: { requests: { cpu: "1e3" }, limits: { cpu: "1" } } }] },
    }),
  ),
  post("containers that are null", PODS, named("nulls", { spec: { containers: [null, null] } })),
  post("owners that are null", MAPS, { ...MAP, metadata: { name: "owners", ownerReferences: [null] } }),
  post("labels that are null", MAPS, { ...MAP, metadata: { name: "labels", labels: { a: null } } }),
  post("values that are null", MAPS, { ...MAP, ...named("values", { data: { a: null } }) }),
  post(
    "a YAML key twice, strictly",
    `${MAPS}?fieldValidation=Strict`,
    "metadata:\n  name: twice\ndata:\n  a: one\n  a: two\n",
    YAML,
  ),
  post("a YAML key twice", MAPS, "metadata:\n  name: twice\ndata:\n  a: one\n  a: two\n", YAML),
  post("a YAML alias", MAPS, "metadata:\n  name: alias\ndata: &d\n  a: one\nbinaryData: {}\n", YAML),
  post("unknown fields, strictly", `${MAPS}?fieldValidation=Strict`, { ...MAP, ...named("unknown"), ...keys(150) }),
  post("unknown fields", MAPS, { ...MAP, ...named("unknown"), ...keys(150) }),
  post("unknown fields in great number", MAPS, { ...MAP, ...named("many"), ...keys(3_000) }),
];
