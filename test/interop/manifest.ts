/** What is offloaded in a play: a page of a ConfigMap behind a Service, and one of each other kind that is reflected. */

export const PAGE = "a page of a ConfigMap\n";
export const PASSWORD = "known to both";

const VOLUMES = [
  { name: "page", configMap: { name: "page" } },
  { name: "credentials", secret: { secretName: "credentials" } },
];

/** For `kubectl apply -f -`. */
export function manifest(): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "List",
    items: [...settings(), site(), echo(), ...exposed(), job()],
  });
}

function settings(): object[] {
  return [
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "page" }, data: { "index.html": PAGE } },
    { apiVersion: "v1", kind: "Secret", metadata: { name: "credentials" }, stringData: { password: PASSWORD } },
  ];
}

/** Not called like its Service: upstream deletes the Service that has the name of an offloaded pod (of its IP object). */
function site(): object {
  return pod("site", {
    volumes: VOLUMES,
    containers: [
      {
        name: "site",
        image: "busybox",
        command: ["sh", "-c", "echo started; exec httpd -f -p 8080 -h /page"],
        ports: [{ containerPort: 8080 }],
        volumeMounts: VOLUMES.map(({ name }) => ({ name, mountPath: `/${name}` })),
      },
    ],
  });
}

/** Waits for a line on its input. */
function echo(): object {
  const command = ["sh", "-c", "read line; echo got $line; exec sleep 3600"];
  return pod("echo", { containers: [{ name: "echo", image: "busybox", stdin: true, command }] });
}

function pod(name: string, spec: object): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: name } },
    spec: { terminationGracePeriodSeconds: 1, ...spec },
  };
}

function exposed(): object[] {
  const backend = { service: { name: "web", port: { number: 80 } } };
  return [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web" },
      spec: { selector: { app: "site" }, ports: [{ port: 80, targetPort: 8080 }] },
    },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name: "web" },
      spec: {
        rules: [{ host: "web.example.com", http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
      },
    },
  ];
}

function job(): object {
  const container = { name: "sum", image: "busybox", command: ["sh", "-c", "echo $((6 * 7))"] };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "sum" },
    spec: { template: { spec: { restartPolicy: "Never", containers: [container] } } },
  };
}
