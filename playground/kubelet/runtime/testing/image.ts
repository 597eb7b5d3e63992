/** An image made of this machine's /usr, with users of its own. */
import type { Image } from "../../image.ts";

export const image: Image = {
  reference: "docker.io/library/test:latest",
  id: "x",
  entrypoint: [],
  cmd: [],
  env: {},
  user: "",
  workingDir: "/",
  stopSignal: "SIGTERM",
  sizeBytes: 0,
  volumes: [],
  accounts: {
    passwd: "root:x:0:0::/:/bin/sh\nweb:x:33:44::/:/bin/sh\n",
    group: "root:x:0:\nstaff:x:50:\n",
  },
  root: {
    binds: [{ host: "/usr", path: "/usr" }],
    directories: ["/proc", "/dev", "/sys", "/tmp"].map((path) => ({ path })),
    links: ["bin", "lib", "lib64"].map((name) => ({ path: `/${name}`, target: `usr/${name}` })),
    files: [
      { path: "/etc/passwd", content: "root:x:0:0::/:/bin/sh\nweb:x:33:44::/:/bin/sh\n" },
      { path: "/etc/group", content: "root:x:0:\nstaff:x:50:\n" },
    ],
  },
};
